# SPDX-License-Identifier: Apache-2.0
"""What answers of issuers mean for a desk, and for whom."""

from datetime import timedelta
from typing import Literal

import pytest
from msgspec.structs import replace

from cardtool.catalog import issuers
from cardtool.model.certificate import Attribute, Certificate, Name
from cardtool.model.redact import mask, redact
from cardtool.model.snapshot import Snapshot
from cardtool.model.trust import Attempt, Status, Trust
from cardtool.rules import diagnose
from cardtool.text import Text
from tests.desks import (
    AT,
    AYSE,
    LAW_5070,
    MEHMET,
    QC,
    SEAL,
    SECOND,
    authority,
    codes,
    desk,
    holding,
    module,
    nes,
    only,
    reader,
    slot,
    stored,
    token,
)

URL = "http://ocsp.example/"
ROOT = issuers()[0]
OLD = nes(serial="0B0B0B0B", ends_at=AT + timedelta(days=200))


def _trust(
    certificate: Certificate,
    status: Literal["good", "revoked", "suspended", "unknown"] | None = "good",
    problem: str = "",
    attempts: tuple[Attempt, ...] = (),
) -> Trust:
    said = None
    if status is not None:
        said = Status(source="ocsp", url=URL, status=status, said_at=AT)
    if said is not None and status in {"revoked", "suspended"}:
        said = replace(said, revoked_at=AT - timedelta(days=1), reason="keyCompromise")
    return Trust(
        sha256=stored(certificate).sha256,
        asked_at=AT,
        chain=("AA", "BB", "CC"),
        anchor="" if problem else ROOT.id,
        problem=problem,
        status=said,
        attempts=attempts,
    )


def _asked(snapshot: Snapshot, *trust: Trust) -> Snapshot:
    return replace(snapshot, trust=trust)


def _every(snapshot: Snapshot) -> list[str]:
    return [each.code for each in diagnose(snapshot, AT).findings]


def test_a_known_root_is_called_by_its_name() -> None:
    asked = _asked(desk(), _trust(nes()))

    assert only(asked, "nes-trusted").facts["root"] == ROOT.name
    assert only(asked, "nes-status-good").facts["said_at"] == AT.isoformat()
    assert codes(asked) == []


@pytest.mark.parametrize("status", ["revoked", "suspended"])
def test_a_desk_whose_only_nes_is_refused_is_not_ready(
    status: Literal["revoked", "suspended"],
) -> None:
    asked = _asked(desk(), _trust(nes(), status))

    assert codes(asked) == [f"nes-{status}"]
    assert not {"desk-ready", "nes-valid"} & set(_every(asked))
    assert {"desk-ready", "nes-valid"} <= set(_every(desk()))


@pytest.mark.parametrize("status", ["revoked", "suspended"])
def test_an_old_certificate_that_is_refused_is_no_fault_beside_the_new_one(
    status: Literal["revoked", "suspended"],
) -> None:
    two = desk(
        (reader(), reader(name=SECOND)),
        (module(slot(token(nes())), slot(token(OLD), SECOND, slot_id=1)),),
    )
    asked = _asked(two, _trust(nes()), _trust(OLD, status))

    assert codes(asked) == []
    assert only(asked, "nes-revoked-replaced").facts["reader"] == SECOND
    assert "desk-ready" in _every(asked)
    both = _asked(two, _trust(nes(), status), _trust(OLD, status))
    assert codes(both) == [f"nes-{status}"] * 2


@pytest.mark.parametrize("status", ["revoked", "suspended"])
@pytest.mark.parametrize("begins", [timedelta(days=-1), timedelta(days=1)])
def test_a_newer_certificate_that_is_refused_succeeds_none(
    status: Literal["revoked", "suspended"], begins: timedelta
) -> None:
    ending = nes(serial="0B0B0B0B", ends_at=AT + timedelta(days=20))
    newer = nes(begins_at=AT + begins)
    accepted = _asked(holding(ending, newer), _trust(ending), _trust(newer))
    asked = _asked(holding(ending, newer), _trust(ending), _trust(newer, status))

    assert codes(accepted) == []
    assert codes(asked)[-1] == "nes-expiring-soon"
    told = {"nes-valid", "nes-superseded", "nes-waiting", "nes-not-yet-valid", "nes-gap"}
    assert not told & set(_every(asked))


@pytest.mark.parametrize("status", ["revoked", "suspended"])
def test_a_card_that_has_ended_is_no_fault_beside_the_newer_one_that_is_refused(
    status: Literal["revoked", "suspended"],
) -> None:
    ended = nes(serial="0B0B0B0B", ends_at=AT - timedelta(days=20))
    asked = _asked(holding(ended, nes()), _trust(nes(), status))
    forged = _asked(holding(ended, nes()), _trust(nes(), status, problem="BAD_SIGNATURE"))

    assert codes(asked) == [f"nes-{status}"]
    assert "nes-superseded" in _every(asked)
    assert "nes-expired" in codes(forged)


def test_a_newer_certificate_of_a_forged_chain_succeeds_none() -> None:
    ending = nes(serial="0B0B0B0B", ends_at=AT + timedelta(days=20))
    asked = _asked(holding(ending, nes()), _trust(nes(), problem="BAD_SIGNATURE"))

    assert codes(asked) == ["nes-untrusted", "nes-expiring-soon"]


def test_one_that_is_refused_is_not_to_be_renewed() -> None:
    ending = nes(ends_at=AT + timedelta(days=5))

    assert codes(_asked(holding(ending), _trust(ending, "revoked"))) == ["nes-revoked"]


@pytest.mark.parametrize(
    ("reason", "code", "first"),
    [
        ("superseded", "nes-revoked-superseded", "use-newer-card"),
        ("keyCompromise", "nes-revoked", "apply-anew"),
        ("cessationOfOperation", "nes-revoked-left", "apply-through-officer"),
        ("certificateHold", "nes-suspended", "lift-suspension"),
    ],
)
def test_the_reason_of_a_revocation_decides_what_is_done_first(
    reason: str, code: str, first: str
) -> None:
    own = nes()
    trust = _trust(own, "revoked")
    assert trust.status is not None
    asked = _asked(holding(own), replace(trust, status=replace(trust.status, reason=reason)))

    assert only(asked, code).steps[0] == first


@pytest.mark.parametrize("reason", ["certificateHold", "keyCompromise", "cessationOfOperation"])
def test_another_provider_is_asked_once(reason: str) -> None:
    other = replace(nes(), issuer=Name(attributes=(Attribute(type="O", value="TÜRKTRUST"),)))
    trust = _trust(other, "revoked")
    assert trust.status is not None
    here = _asked(holding(other), replace(trust, status=replace(trust.status, reason=reason)))

    given = diagnose(here, AT).deciding
    said = [Text("en").step(step, given.facts | given.road) for step in given.steps]

    assert len([step for step in said if "TÜRKTRUST" in step]) == 1


def test_one_that_is_suspended_is_released_first_and_then_renewed() -> None:
    ending, lasting = nes(ends_at=AT + timedelta(days=5)), nes(ends_at=AT + timedelta(days=400))
    asked = diagnose(_asked(holding(ending), _trust(ending, "suspended")), AT)

    assert asked.todo == ("nes-suspended", "nes-expiring-critical")
    assert asked.deciding.facts["not_after_at"] == ending.not_after_at.isoformat()
    later = diagnose(_asked(holding(lasting), _trust(lasting, "suspended")), AT)
    assert later.todo == ("nes-suspended",)
    assert "nes-valid" not in [each.code for each in later.findings]


@pytest.mark.parametrize("status", ["revoked", "suspended"])
def test_a_pin_matters_only_where_the_certificate_can_come_back(
    status: Literal["revoked", "suspended"],
) -> None:
    flags = ("CKF_USER_PIN_INITIALIZED", "CKF_USER_PIN_LOCKED")
    locked = desk(modules=(module(slot(token(nes(), flags=flags))),))

    pin = ["pin-locked"] if status == "suspended" else []
    assert codes(_asked(locked, _trust(nes(), status))) == [f"nes-{status}", *pin]


def test_a_good_certificate_stays_valid_beside_what_is_refused_on_its_card() -> None:
    seal = nes(statements=(QC, LAW_5070, SEAL), serial="0D0D0D0D")
    others = nes(person=MEHMET, serial="0C0C0C0C")

    for refused in (seal, others):
        asked = _asked(holding(nes(), refused), _trust(nes()), _trust(refused, "revoked"))
        valid = only(asked, "nes-valid").facts
        assert (valid["holder"], valid["sha256"]) == (AYSE[1], stored(nes()).sha256)


def test_another_persons_certificate_replaces_nothing() -> None:
    two = holding(nes(), nes(person=MEHMET, serial="0C0C0C0C"))
    asked = _asked(two, _trust(nes(), "revoked"))

    assert codes(asked) == ["nes-revoked"]
    assert "desk-ready" in _every(asked)


@pytest.mark.parametrize(
    ("problem", "code"),
    [
        ("BAD_SIGNATURE", "nes-untrusted"),
        ("NOT_AN_ISSUER", "nes-untrusted"),
        ("EXPIRED", "nes-untrusted"),
        ("WEAK_ALGORITHM", "nes-untrusted"),
        ("NOT_PINNED", "nes-untrusted-unpinned"),
        ("NO_ISSUER", "nes-chain-unproven"),
        ("TIMEOUT", "nes-chain-unproven"),
        ("UNREADABLE", "nes-chain-unproven"),
        ("BUG", "cardtool-fault"),
    ],
)
def test_what_is_wrong_with_a_chain_is_apart_from_what_was_not_found(
    problem: str, code: str
) -> None:
    asked = _asked(desk(), _trust(nes(), problem=problem))

    assert codes(asked) == [code]
    if "reason" in only(asked, code).facts:
        assert only(asked, code).facts["reason"] == problem


def test_addresses_that_gave_nothing_are_told_with_why() -> None:
    attempts = (Attempt(url=URL, name="TIMEOUT"), Attempt(url="ldap://x", name="NOT_ALLOWED"))
    asked = _asked(desk(), _trust(nes(), None, attempts=attempts))

    assert only(asked, "nes-status-unreachable").facts["urls"] == (
        f"{URL} (TIMEOUT), ldap://x (NOT_ALLOWED)"
    )


def test_where_no_issuer_is_known_only_the_chain_is_spoken_of() -> None:
    lost = replace(_trust(nes(), None, problem="NO_ISSUER"), chain=("AA",))

    assert codes(_asked(desk(), lost)) == ["nes-chain-unproven"]


def test_a_seal_is_judged_like_a_signature_and_an_authority_is_not() -> None:
    seal = nes(statements=(QC, LAW_5070, SEAL), serial="0D0D0D0D")
    asked = _asked(
        holding(nes(), seal, authority()),
        _trust(seal, "revoked"),
        _trust(authority(), "revoked"),
        _trust(nes(serial="0E0E0E0E"), "revoked"),
    )

    assert _every(asked).count("nes-revoked-replaced") + codes(asked).count("nes-revoked") == 1


def test_nothing_is_said_of_a_certificate_that_has_ended() -> None:
    ended = nes(ends_at=AT - timedelta(seconds=1))
    asked = _asked(holding(ended), _trust(ended, "revoked", problem="BAD_SIGNATURE"))

    assert _every(asked) == _every(replace(asked, trust=None))


def test_a_fingerprint_that_reads_like_a_number_stays_what_it_is() -> None:
    number = f"A{MEHMET[0]}B" * 4  # nobody of this desk has it
    lent = replace(_trust(nes()), sha256=number, chain=(number, number))
    asked = _asked(desk(), lent)

    for hidden in (mask(asked), redact(asked, b"a key")):
        assert hidden.trust == (lent,)


def test_a_certificate_that_has_ended_hides_nothing_of_the_next() -> None:
    ended = nes(serial="0E0E0E0E", ends_at=AT - timedelta(days=1))

    both = _asked(holding(ended, OLD), _trust(ended), _trust(OLD))

    assert _every(both).count("nes-trusted") == 1


@pytest.mark.parametrize("problem", ["BUG", "NONSENSE"])
def test_a_fault_of_our_own_while_servers_were_asked_is_named(problem: str) -> None:
    facts = only(_asked(desk(), _trust(nes(), None, problem)), "cardtool-fault").facts

    assert (facts["part"], facts["reason"]) == ("--online", problem)
