# SPDX-License-Identifier: Apache-2.0
"""What a certificate is, on ones of every kind and on ones that only look like it."""

from datetime import timedelta

import pytest
from msgspec.structs import replace

from cardtool.model.certificate import ATTRIBUTES, Attribute, Certificate, MoneyLimit, Name
from cardtool.model.diagnosis import Severity
from cardtool.model.snapshot import Failure, Snapshot
from cardtool.probe.certificate import parse
from cardtool.rules import diagnose
from cardtool.rules.kinds import KAMU_SM, PERSONAL, Kind, kind, provider
from tests.desks import (
    AT,
    LAW_5070,
    QC,
    authority,
    desk,
    holding,
    module,
    nes,
    only,
    slot,
    token,
)
from tests.rig import kinds
from tests.rig.der import integer, oid, sequence, tlv, utf8
from tests.rig.kinds import KINDS, SIGNING, Handmade, key_usage, policies, qualified


def _read(der: bytes) -> Certificate:
    content = parse(der)
    assert isinstance(content, Certificate)
    return content


def _name(common: str) -> Name:
    return Name(attributes=(Attribute(type="CN", value=common),))


def _found(snapshot: Snapshot) -> list[str]:
    return [each.code for each in diagnose(snapshot, AT).findings]


def _signing(*extensions: bytes) -> Certificate:
    return _read(Handmade(extensions=[key_usage(*SIGNING), *extensions]).der())


def test_there_is_a_certificate_of_every_kind() -> None:
    assert set(KINDS) == set(Kind)


@pytest.mark.parametrize("what", Kind)
def test_each_kind_is_told(what: Kind) -> None:
    content = _read(KINDS[what])

    assert kind(content) is what
    assert (kind(content) in PERSONAL) == what.startswith("nes")
    assert content.unreadable == ()


@pytest.mark.parametrize(
    ("statements", "what"),
    [
        ((kinds.LAW,), Kind.OTHER),
        ((kinds.QC,), Kind.OTHER),
        ((), Kind.OTHER),
        ((kinds.QC, kinds.QUALIFIED_SEAL), Kind.OTHER),
        ((kinds.QC, kinds.LAW, kinds.QUALIFIED_SEAL), Kind.OTHER),
        ((kinds.QC, kinds.LAW_2, kinds.CORPORATE), Kind.OTHER),
        ((kinds.QC, kinds.LAW, kinds.LAW_2), Kind.NES),
        ((kinds.LAW, kinds.CORPORATE), Kind.CORPORATE_SEAL),
        ((kinds.CORPORATE, kinds.LAW, kinds.QC), Kind.CORPORATE_SEAL),
        ((kinds.QC, kinds.LAW, kinds.LAW_2, kinds.QUALIFIED_SEAL), Kind.QUALIFIED_SEAL),
    ],
)
def test_statements_decide_and_restrictions_first(statements: tuple[str, ...], what: Kind) -> None:
    assert kind(_signing(qualified(*statements))) is what


@pytest.mark.parametrize("signs", SIGNING)
def test_what_also_signs_is_no_encryption_certificate(signs: int) -> None:
    both = Handmade(extensions=[key_usage(signs, *kinds.ENCIPHERING)]).der()

    assert kind(_read(both)) is Kind.OTHER


def test_statements_of_the_law_among_the_policies_make_no_nes() -> None:
    assert kind(_signing(policies(kinds.QC, kinds.LAW))) is Kind.OTHER


@pytest.mark.parametrize(
    "extensions",
    [
        (policies(kinds.FISCAL_POLICY),),
        (kinds.extended(kinds.FISCAL_SIGNING),),
        (policies(kinds.FISCAL_POLICY, kinds.FISCAL_SIGNING),),
        (kinds.extended(kinds.FISCAL_POLICY, kinds.FISCAL_SIGNING),),
        (policies("2.16.792.1.2.1.1.5.7.4.10"), kinds.extended(kinds.FISCAL_SIGNING)),
    ],
)
def test_a_fiscal_seal_needs_policy_and_usage_each_in_its_place(
    extensions: tuple[bytes, ...],
) -> None:
    assert kind(_signing(*extensions)) is Kind.OTHER


def test_a_fiscal_seal_that_calls_itself_qualified_is_no_nes() -> None:
    content = _signing(
        policies(kinds.FISCAL_POLICY),
        kinds.extended("1.3.6.1.5.5.7.3.2", kinds.FISCAL_SIGNING),
        qualified(kinds.QC, kinds.LAW),
    )

    assert kind(content) is Kind.FISCAL_SEAL


def test_an_authority_with_the_statements_of_an_nes_is_an_authority() -> None:
    is_one = _signing(kinds.basic(tlv(0x01, b"\xff")), qualified(kinds.QC, kinds.LAW))
    may_sign = _read(Handmade(extensions=[key_usage(5), qualified(kinds.QC, kinds.LAW)]).der())

    assert kind(is_one) is kind(may_sign) is Kind.AUTHORITY


def test_what_an_identity_card_carries_beside_an_nes_makes_no_identity_card_of_it() -> None:
    data = kinds.extension(kinds.IDENTITY_DATA, b"\x04\x00")

    assert kind(_signing(qualified(kinds.QC, kinds.LAW), data)) is Kind.NES


@pytest.mark.parametrize(
    ("cn", "o", "policy", "said"),
    [
        ("Kamu Elektronik Sertifika Hizmet Sağlayıcısı - Sürüm 6", None, None, KAMU_SM),
        ("Kamu Elektronik Sertifika Hizmet Sağlayıcısı - Sürüm 19", "Başka A.Ş.", None, KAMU_SM),
        ("KAMU ELEKTRONİK SERTİFİKA HİZMET SAĞLAYICISI", None, None, KAMU_SM),
        ("TEST NES6 EC384 ALTKOK", None, "2.16.792.1.2.1.1.5.7.1.1", KAMU_SM),
        ("Elektronik Sertifika Hizmet Sağlayıcısı", None, None, None),
        ("Örnek H7", "ÖRNEK GÜVEN A.Ş.", "2.16.792.1.2.1.1.5.70.1", "ÖRNEK GÜVEN A.Ş."),
        (None, None, None, "-"),
    ],
)
def test_the_issuer_says_whose_nes_it_is_whatever_its_version(
    cn: str | None, o: str | None, policy: str | None, said: str | None
) -> None:
    parts = [Attribute(type=k, value=v) for k, v in (("CN", cn), ("O", o)) if v is not None]
    content = replace(
        nes(), issuer=Name(attributes=tuple(parts)), policies=(policy,) if policy else ()
    )

    assert provider(content) == (said or cn)
    assert kind(content) is (Kind.NES if said == KAMU_SM else Kind.NES_OTHER)


@pytest.mark.parametrize("what", ["other", "authority"])
def test_what_adds_nothing_is_not_mentioned(what: str) -> None:
    snapshot = holding(nes(), _read(KINDS[what]))

    assert _found(snapshot) == _found(holding(nes()))


@pytest.mark.parametrize(
    ("what", "code"),
    [
        ("qualified-seal", "seal-found"),
        ("corporate-seal", "corporate-seal-found"),
        ("fiscal-seal", "fiscal-seal-found"),
        ("fiscal-encryption", "encryption-found"),
        ("encryption", "encryption-found"),
        ("identity-card", "identity-card-found"),
    ],
)
def test_what_lies_beside_an_nes_is_noted_and_disturbs_nothing(what: str, code: str) -> None:
    content = _read(KINDS[what])
    diagnosis = diagnose(holding(content, nes()), AT)

    (note,) = (each for each in diagnosis.findings if each.code == code)
    assert note.facts["holder"] == content.subject.first("CN")
    assert note.facts["issuer"] == content.issuer.first("CN")
    assert note.facts["not_after_at"] == "2028-02-29T06:30:01+00:00"
    assert (diagnosis.severity, diagnosis.verdict) == (Severity.OK, "nes-valid")


def test_a_seal_alone_is_named_and_is_no_nes() -> None:
    codes = _found(holding(_read(KINDS["corporate-seal"])))

    assert codes[0] == "seal-only"
    assert "corporate-seal-found" in codes
    assert "nes-found" not in codes


def test_a_certificate_in_two_places_is_noted_once() -> None:
    seal = _read(KINDS["qualified-seal"])
    slots = (slot(token(nes(), seal)), slot(token(seal), None, slot_id=1))

    assert _found(desk(modules=(module(*slots),))).count("seal-found") == 1


def test_the_nes_is_found_behind_any_other_certificate() -> None:
    others = [_read(der) for what, der in KINDS.items() if not what.startswith("nes")]

    assert "nes-valid" in _found(holding(authority(), *others, nes()))


def test_another_providers_nes_is_said_to_be() -> None:
    snapshot = holding(_read(KINDS["nes-other"]))

    assert only(snapshot, "nes-other-provider").facts["provider"] == "ÖRNEK GÜVEN A.Ş."
    assert "nes-found" in _found(snapshot)


def test_a_mobile_nes_is_said_to_be() -> None:
    codes = _found(holding(_read(KINDS["nes-mobile"])))

    assert {"nes-mobile", "nes-found"} <= set(codes)


@pytest.mark.parametrize(
    ("amount", "exponent", "said"),
    [
        (5, 3, "5000"),
        (125, -2, "1.25"),
        (0, 0, "0"),
        (-3, 1, "-30"),
        (1, 10**9, "1e1000000000"),
        (2**63 - 1, 18, "9223372036854775807000000000000000000"),
    ],
)
def test_a_limit_in_money_is_written_out(amount: int, exponent: int, said: str) -> None:
    limit = MoneyLimit(currency="TRY", amount=amount, exponent=exponent)
    snapshot = holding(replace(nes(), qc_limit=limit))

    assert only(snapshot, "nes-limited").facts["amount"] == said
    assert only(snapshot, "nes-limited").facts["currency"] == "TRY"


def test_a_limit_and_a_type_come_from_the_certificate() -> None:
    money = kinds.limit(tlv(0x13, b"TRY"), integer(5), integer(3))
    types = kinds.statement(kinds.TYPE, sequence(oid("0.4.0.1862.1.6.1"), oid("0.4.0.1862.1.6.2")))
    content = _signing(qualified(kinds.QC, kinds.LAW, money, types))

    assert content.qc_limit == MoneyLimit(currency="TRY", amount=5, exponent=3)
    assert content.qc_types == ("0.4.0.1862.1.6.1", "0.4.0.1862.1.6.2")
    assert kind(content) is Kind.NES


def test_a_numeric_currency_keeps_its_zeros() -> None:
    content = _signing(qualified(kinds.limit(integer(8), integer(1), integer(0))))

    assert content.qc_limit == MoneyLimit(currency="008", amount=1, exponent=0)


@pytest.mark.parametrize(
    "information",
    [
        kinds.limit(tlv(0x13, b"LIRA"), integer(1), integer(0)),
        kinds.limit(tlv(0x13, b"TRY"), integer(2**64), integer(0)),
        kinds.limit(tlv(0x13, b"TRY"), utf8("1"), integer(0)),
        kinds.limit(sequence(), integer(1), integer(0)),
        kinds.statement(kinds.LIMIT),
        kinds.statement(kinds.LIMIT, sequence(integer(1))),
        kinds.statement(kinds.LIMIT, integer(1)),
    ],
)
def test_a_limit_that_cannot_be_read_is_named_and_costs_nothing_else(information: bytes) -> None:
    content = _signing(qualified(kinds.QC, kinds.LAW, information))
    twice = _signing(qualified(kinds.QC, kinds.LAW, information), key_usage(0))

    assert (content.qc_limit, content.unreadable) == (None, ("qcLimitValue",))
    assert twice.unreadable == ("qcLimitValue", "keyUsage")
    assert kind(content) is kind(twice) is Kind.NES
    assert only(holding(content), "certificate-partly-read").facts["parts"] == ("qcLimitValue")


def test_an_authority_that_is_partly_read_is_not_mentioned() -> None:
    odd = replace(authority(), unreadable=("version",))

    assert "certificate-partly-read" not in _found(holding(nes(), odd))


def test_the_end_of_a_note_is_a_moment() -> None:
    seal = nes(statements=(QC, LAW_5070, kinds.CORPORATE), ends_at=AT + timedelta(seconds=1))

    facts = only(holding(nes(serial="0B"), seal), "corporate-seal-found").facts
    assert facts["not_after_at"] == "2026-10-01T09:00:01+00:00"


@pytest.mark.parametrize(
    ("issuer", "is_said"),
    [
        ("TEST NES6 EC384 ALTKOK", True),
        ("Kamu Elektronik Sertifika Hizmet Sağlayıcısı - Test6", True),
        ("Protesto Hizmetleri", False),
        ("Kamu Elektronik Sertifika Hizmet Sağlayıcısı - Sürüm 6", False),
    ],
)
def test_an_nes_of_a_test_authority_is_said_to_be(issuer: str, *, is_said: bool) -> None:
    given = replace(_read(KINDS["nes"]), issuer=_name(issuer))

    assert ("nes-for-tests" in _found(holding(given))) == is_said


def test_what_an_authority_for_tests_signs_beside_persons_is_not_mentioned() -> None:
    given = replace(_read(KINDS["encryption"]), issuer=_name("TEST NES6 EC384 ALTKOK"))

    assert "nes-for-tests" not in _found(holding(given))


def test_an_attribute_certificate_alone_leaves_the_card_without_certificates() -> None:
    attributes = Failure(api="x509", name=ATTRIBUTES)
    here = holding(attributes)

    assert "certificates-missing" in _found(here)
    assert "certificate-unparsable" not in _found(here)


def test_a_seal_that_ends_is_told_once_and_not_where_the_next_is_there() -> None:
    seal = _read(KINDS["fiscal-seal"])
    ended = replace(seal, not_after_at=AT - timedelta(days=1))
    soon = replace(seal, not_after_at=AT + timedelta(days=89))
    later = replace(seal, not_after_at=AT + timedelta(days=91))

    assert "seal-expired" in _found(holding(nes(), ended))
    assert "seal-expiring" in _found(holding(nes(), soon))
    assert "seal-expiring" not in _found(holding(nes(), later))
    assert not {"seal-expired", "seal-expiring"} & set(_found(holding(nes(), ended, seal)))
    assert "seal-expired" in _found(
        holding(nes(), ended, replace(_read(KINDS["corporate-seal"]), subject=seal.subject))
    )
