# SPDX-License-Identifier: Apache-2.0
"""When a certificate is to be renewed, to the second and wherever the moment was read."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from cardtool.model.certificate import Certificate, Name
from cardtool.model.turkey import TURKEY
from cardtool.rules.renewal import Issuers, Policy, apply_by_at, code_in_force, opens_at
from tests.desks import authority, nes

DAY = timedelta(days=1)
TICK = timedelta(seconds=1)
ZONES = (UTC, TURKEY, timezone(timedelta(hours=-8)))
DEFAULT = Policy()


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize(
    ("end", "opens", "apply_by", "urgent", "critical"),
    [
        (  # as the authorities of one generation end
            "2029-08-06T16:25:08Z",
            "2029-05-08T16:25:08Z",
            "2029-07-06T23:59:59+03:00",
            "2029-07-07T16:25:08Z",
            "2029-07-22T16:25:08Z",
        ),
        (  # over the leap day of 2028; 26 March is a Sunday
            "2028-04-25T06:30:00Z",
            "2028-01-26T06:30:00Z",
            "2028-03-24T23:59:59+03:00",
            "2028-03-26T06:30:00Z",
            "2028-04-10T06:30:00Z",
        ),
        (  # ends on a leap day, counted back over the end of a year
            "2028-02-29T21:00:00Z",
            "2027-12-01T21:00:00Z",
            "2028-01-31T23:59:59+03:00",
            "2028-01-30T21:00:00Z",
            "2028-02-14T21:00:00Z",
        ),
        (  # no leap day in 2027
            "2027-03-01T09:00:00Z",
            "2026-12-01T09:00:00Z",
            "2027-01-29T23:59:59+03:00",
            "2027-01-30T09:00:00Z",
            "2027-02-14T09:00:00Z",
        ),
        (  # 30 days earlier: the third day of Kurban Bayramı 2026
            "2026-06-28T09:00:00Z",
            "2026-03-30T09:00:00Z",
            "2026-05-25T23:59:59+03:00",
            "2026-05-29T09:00:00Z",
            "2026-06-13T09:00:00Z",
        ),
        (  # 30 days earlier: 29 October 2026
            "2026-11-28T09:00:00Z",
            "2026-08-30T09:00:00Z",
            "2026-10-27T23:59:59+03:00",
            "2026-10-29T09:00:00Z",
            "2026-11-13T09:00:00Z",
        ),
        (  # 30 days earlier it is 15 July in Turkey, and still 14 July in UTC
            "2027-08-13T22:00:00Z",
            "2027-05-15T22:00:00Z",
            "2027-07-14T23:59:59+03:00",
            "2027-07-14T22:00:00Z",
            "2027-07-29T22:00:00Z",
        ),
    ],
)
def test_the_moments_of_the_last_months_turn_at_a_second(  # noqa: PLR0917 - columns of the table
    end: str, opens: str, apply_by: str, urgent: str, critical: str, zone: timezone
) -> None:
    ends = _moment(end).astimezone(zone)

    assert opens_at(ends, DEFAULT) == _moment(opens)
    assert apply_by_at(ends, DEFAULT) == _moment(apply_by)
    soon = min(_moment(apply_by) + TICK, _moment(urgent))
    turns = (
        (_moment(opens), "nes-valid", "nes-expiring"),
        (soon, "nes-expiring", "nes-expiring-soon"),
        (_moment(critical), "nes-expiring-soon", "nes-expiring-critical"),
    )
    for turn, before, after in turns:
        at = turn.astimezone(zone)
        assert (code_in_force(ends, at - TICK, DEFAULT), code_in_force(ends, at, DEFAULT)) == (
            before,
            after,
        )
    assert code_in_force(ends, ends, DEFAULT) == "nes-expiring-critical"


def test_a_card_that_takes_longer_is_to_be_asked_for_earlier() -> None:
    ends, slow = _moment("2029-08-06T16:25:08Z"), Policy(lead_days=60)

    assert apply_by_at(ends, slow) == _moment("2029-06-07T23:59:59+03:00")
    assert code_in_force(ends, _moment("2029-06-08T00:00:00+03:00"), slow) == "nes-expiring-soon"
    assert apply_by_at(ends, Policy(lead_days=0)) == ends


def test_holidays_move_the_last_safe_day_only_where_they_are_kept() -> None:
    ends = _moment("2026-11-28T09:00:00Z")

    assert apply_by_at(ends, Policy(holidays="")) == _moment("2026-10-29T23:59:59+03:00")


@given(
    st.datetimes(timezones=st.sampled_from(ZONES)),
    st.datetimes(timezones=st.sampled_from(ZONES)),
    st.integers(0, 3650),
)
def test_no_moment_is_out_of_the_calendar(ends: datetime, at: datetime, days: int) -> None:
    policy = Policy(notice_days=days, urgent_days=days, critical_days=days, lead_days=days)

    assert opens_at(ends, policy) <= ends
    assert apply_by_at(ends, policy) <= ends
    assert (code_in_force(ends, at, policy) == "nes-valid") == (at < opens_at(ends, policy))


@pytest.mark.parametrize(
    ("text", "cn", "fits"),
    [
        ("Sürüm 6", "Kamu Elektronik Sertifika Hizmet Sağlayıcısı - Sürüm 6", True),
        ("sağlayıcısı", "KAMU ELEKTRONİK SERTİFİKA HİZMET SAĞLAYICISI", True),
        ("SERTİFİKA", "kamu elektronik sertifika hizmet sağlayıcısı", True),
        ("TÜRKTRUST", "Tu\u0308rktrust", True),
        ("Sürüm 7", "Kamu Elektronik Sertifika Hizmet Sağlayıcısı - Sürüm 6", False),
        ("E-Tuğra", "-", False),
    ],
)
def test_an_issuer_is_known_by_a_part_of_its_name_in_any_case(
    text: str,
    cn: str,
    fits: bool,  # noqa: FBT001 - a column of the table
) -> None:
    own, policy = Policy(lead_days=5), Policy(issuers=((text, Policy(lead_days=5)),))

    assert policy.of(cn) == (own if fits else policy)


def test_the_first_issuer_that_fits_counts() -> None:
    narrow, wide = Policy(lead_days=1), Policy(lead_days=2)

    policy = Policy(issuers=(("kamu", narrow), ("k", wide)))

    assert (policy.of("Kamu SM"), policy.of("Kök")) == (narrow, wide)


def _chain() -> tuple[Certificate, Certificate, Certificate]:
    """Return a leaf that ends in 2030, its issuer (2029) and the root of both (2028)."""
    root = replace(authority(), not_after_at=_moment("2028-01-01T00:00:00Z"), subject_key_id="AA")
    issuer = replace(
        authority(),
        subject=nes().issuer,
        not_after_at=_moment("2029-01-01T00:00:00Z"),
        subject_key_id="BB",
        authority_key_id="AA",
    )
    leaf = nes(ends_at=_moment("2030-01-01T00:00:00Z"))
    return replace(leaf, authority_key_id="BB"), issuer, root


def _ends_at(certificate: Certificate, others: tuple[Certificate, ...]) -> datetime:
    return Issuers(others).ends_at(certificate)


def test_a_certificate_ends_with_the_first_of_its_chain() -> None:
    leaf, issuer, root = _chain()

    assert _ends_at(leaf, ()) == leaf.not_after_at
    assert _ends_at(leaf, (root,)) == leaf.not_after_at
    assert _ends_at(leaf, (leaf, issuer)) == issuer.not_after_at
    assert _ends_at(leaf, (leaf, root, issuer)) == root.not_after_at
    late = replace(issuer, not_after_at=_moment("2031-01-01T00:00:00Z"))
    assert _ends_at(leaf, (late,)) == leaf.not_after_at


@pytest.mark.parametrize("key", ["BB", ""])
def test_of_two_certificates_of_an_issuer_the_later_counts(key: str) -> None:
    leaf, issuer, _ = _chain()
    leaf = replace(leaf, authority_key_id=key)
    again = replace(issuer, not_after_at=_moment("2029-06-01T00:00:00Z"))

    assert _ends_at(leaf, (issuer, again)) == _ends_at(leaf, (again, issuer)) == again.not_after_at


def test_an_issuer_without_a_key_identifier_is_told_by_its_name() -> None:
    leaf, issuer, _ = _chain()

    assert _ends_at(leaf, (replace(issuer, subject_key_id=""),)) == issuer.not_after_at
    assert _ends_at(replace(leaf, authority_key_id=""), (issuer,)) == issuer.not_after_at


def test_what_has_another_key_or_name_or_is_no_authority_is_not_its_issuer() -> None:
    leaf, issuer, root = _chain()
    others = (
        replace(issuer, subject_key_id="CC"),
        replace(issuer, subject=root.subject),
        replace(issuer, is_ca=False),
    )

    assert _ends_at(leaf, others) == leaf.not_after_at
    nameless = replace(issuer, subject=Name())
    assert _ends_at(replace(leaf, issuer=Name()), (nameless,)) == leaf.not_after_at


def test_authorities_that_issue_each_other_come_to_an_end() -> None:
    leaf, issuer, root = _chain()
    circle = replace(root, issuer=issuer.subject, authority_key_id="BB")

    assert _ends_at(leaf, (issuer, circle)) == root.not_after_at


def test_a_certificate_of_the_first_days_of_the_calendar_was_always_to_be_renewed() -> None:
    ends = datetime(1, 1, 2, tzinfo=UTC)

    assert opens_at(ends, DEFAULT) == datetime(1, 1, 1, tzinfo=UTC)
    assert apply_by_at(ends, DEFAULT) == datetime(1, 1, 1, 23, 59, 59, tzinfo=TURKEY)
    assert code_in_force(ends, ends, DEFAULT) == "nes-expiring-critical"
