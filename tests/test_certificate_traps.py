# SPDX-License-Identifier: Apache-2.0
"""Certificates that strict parsers refuse: whatever is there is read, and what is not is named."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cardtool.model.certificate import ATTRIBUTES, Certificate
from cardtool.model.snapshot import Failure, SnapshotError, decode, encode
from cardtool.probe.certificate import SIZE_LIMIT_BYTES, parse
from tests.desks import holding
from tests.rig import certificates, kinds, strict
from tests.rig.der import integer, octets, oid, sequence, tlv, utf8
from tests.rig.kinds import KINDS, SIGNING, Handmade, key_usage, moment, policies, qualified

BEGINS = datetime(2025, 3, 1, 6, 30, 1, tzinfo=UTC)
ENDS = datetime(2028, 2, 29, 6, 30, 1, tzinfo=UTC)
NES = Handmade(
    extensions=[
        key_usage(*SIGNING),
        policies(certificates.NES_POLICY),
        qualified(kinds.QC, kinds.LAW),
    ]
)
BARE = Handmade()
NAME = "ĞÜŞİÖÇ ığüşöç"


def _read(der: bytes) -> Certificate:
    content = parse(der)
    assert isinstance(content, Certificate), content
    return content


@pytest.mark.parametrize(
    ("value", "unreadable"),
    [
        (utf8(NAME), ()),
        (tlv(0x1E, NAME.encode("utf-16-be")), ()),
        (tlv(0x1C, NAME.encode("utf-32-be")), ()),
        (tlv(0x14, NAME.encode()), ()),
        (tlv(0x14, NAME.encode("iso8859-9")), ()),
        (tlv(0x13, NAME.encode()), ()),
        (tlv(0x13, NAME.encode("iso8859-9")), ()),
        (tlv(0x1A, NAME.encode("iso8859-9")), ()),
        (tlv(0x16, NAME.encode()), ()),
    ],
    ids=[
        "utf8",
        "bmp",
        "universal",
        "teletex-utf8",
        "teletex-latin5",
        "printable",
        "printable-latin5",
        "visible-latin5",
        "ia5",
    ],
)
def test_turkish_letters_are_read_from_every_string_type(
    value: bytes, unreadable: tuple[str, ...]
) -> None:
    content = _read(replace(NES, subject=kinds.name(cn=value)).der())

    assert content.subject.first("CN") == NAME
    assert content.unreadable == unreadable
    assert (content.not_before_at, content.not_after_at) == (BEGINS, ENDS)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (tlv(0x0C, b"AY\xdeE"), "AY\ufffdE"),
        (tlv(0x0C, b"AY\xed\xa0\x80E"), "AY\ufffd\ufffd\ufffdE"),
        (tlv(0x13, b"AY\x9eE"), "AY\ufffdE"),
        (tlv(0x1E, b"\0A\xd8\x00\0E"), "A\ufffdE"),
        (tlv(0x1E, b"\0A\0"), "A\ufffd"),
        (tlv(0x1C, b"\0\0\0A\0\x11\0\0"), "A\ufffd"),
    ],
    ids=["utf8", "surrogate", "printable", "bmp-surrogate", "bmp-odd", "universal"],
)
def test_what_is_no_character_is_marked_and_never_dropped(value: bytes, text: str) -> None:
    content = _read(replace(NES, subject=kinds.name(cn=value)).der())

    assert content.subject.first("CN") == text
    assert content.unreadable == ("subject",)


def test_a_name_longer_than_the_standard_allows_is_read_whole() -> None:
    long = "Kamu Elektronik Sertifika Hizmet Sağlayıcısı - Sürüm 6 " * 3

    assert _read(replace(NES, issuer=kinds.name(cn=utf8(long))).der()).issuer.first("CN") == long


def test_a_value_that_is_no_text_is_shown_as_its_bytes() -> None:
    content = _read(replace(NES, subject=kinds.name(cn=integer(0x1234))).der())

    assert content.subject.first("CN") == "1234"


@pytest.mark.parametrize(
    ("serial", "said", "unreadable"),
    [
        (tlv(0x02, b"\xf5"), "-B", ()),
        (integer(0), "0", ()),
        (tlv(0x02, b"\x00\x00\x0a"), "A", ()),
        (integer(1 << 400), f"{1 << 400:X}", ()),
        (tlv(0x02), "", ("serialNumber",)),
        (octets(b"\x01"), "", ("serialNumber",)),
        (b"", "", ("serialNumber",)),
    ],
    ids=["negative", "zero", "padded", "long", "empty", "no-number", "missing"],
)
def test_a_serial_number_nobody_should_have_is_read(
    serial: bytes, said: str, unreadable: tuple[str, ...]
) -> None:
    content = _read(replace(NES, serial=serial).der())

    assert content.serial == said
    assert content.unreadable == unreadable
    assert content.subject.first("CN") == "AYŞE ÖRNEK"


@pytest.mark.parametrize(
    ("begins", "ends", "unreadable"),
    [
        (tlv(0x17, b"250301063001Z"), tlv(0x18, b"20280229063001Z"), ()),
        (tlv(0x18, b"20250301063001Z"), tlv(0x17, b"280229063001Z"), ()),
        (tlv(0x17, b"250301093001+0300"), tlv(0x17, b"280229013001-0500"), ()),
        (tlv(0x18, b"20250301063001.75Z"), tlv(0x18, b"20280229063001,5Z"), ()),
        (tlv(0x18, b"20250301063001"), tlv(0x18, b"20280229063001Z"), ("validity",)),
    ],
    ids=["general", "general-early", "offset", "fraction", "no-zone"],
)
def test_a_moment_is_read_in_any_form(
    begins: bytes, ends: bytes, unreadable: tuple[str, ...]
) -> None:
    content = _read(replace(NES, validity=sequence(begins, ends)).der())

    assert (content.not_before_at, content.not_after_at) == (BEGINS, ENDS)
    assert content.unreadable == unreadable


def test_a_moment_without_seconds_is_read() -> None:
    validity = sequence(moment("2503010630Z"), tlv(0x18, b"2028022906Z"))
    content = _read(replace(NES, validity=validity).der())

    assert content.not_before_at == BEGINS - timedelta(seconds=1)
    assert content.not_after_at == ENDS - timedelta(minutes=30, seconds=1)


@pytest.mark.parametrize(
    "text",
    [
        "250230063001Z",
        "251301063001Z",
        "250301246060Z",
        "abc",
        "",
        "2503010630011Z",
        "25030106300Z",
    ],
)
def test_without_a_readable_validity_there_is_no_certificate(text: str) -> None:
    content = parse(replace(NES, validity=sequence(moment(text), moment(text))).der())

    assert isinstance(content, Failure)
    assert content.api == "x509"


def test_a_date_in_the_year_0_costs_the_validity_alone() -> None:
    validity = sequence(moment("00000101000000Z"), tlv(0x17, b"280229063001Z"))
    content = _read(replace(NES, validity=validity).der())

    assert strict.is_refused(replace(NES, validity=validity).der())
    assert content.not_before_at == datetime.min.replace(tzinfo=UTC)
    assert content.not_after_at == ENDS
    assert content.unreadable == ("validity",)
    assert decode(encode(holding(content))) == holding(content)


@pytest.mark.parametrize("zone", ["+2460", "+9900", "-9999"])
def test_no_time_zone_is_a_day_wide(zone: str) -> None:
    validity = sequence(tlv(0x17, f"250301063001{zone}".encode()), moment("280229063001Z"))

    assert isinstance(parse(replace(NES, validity=validity).der()), Failure)


@pytest.mark.parametrize("edge", ["00010101000000+0300", "99991231235959-0300"])
def test_no_moment_lies_outside_the_calendar(edge: str) -> None:
    validity = sequence(tlv(0x18, edge.encode()), tlv(0x18, edge.encode()))

    assert isinstance(parse(replace(NES, validity=validity).der()), Failure)


@pytest.mark.parametrize(
    ("changed", "name"),
    [
        (replace(BARE, version=tlv(0xA0, integer(9))), "version"),
        (replace(BARE, issuer=octets(b"x")), "issuer"),
        (replace(BARE, subject=tlv(0x30, b"\x31\x05\x30")), "subject"),
        (replace(BARE, subject=sequence(tlv(0x31, sequence(oid("2.5.4.3"))))), "subject"),
        (replace(BARE, key=octets(b"x")), "subjectPublicKeyInfo"),
        (replace(BARE, algorithm=sequence()), "signature"),
        (replace(BARE, extensions=[tlv(0x30, b"\x06\x7f")]), "extensions"),
        (replace(BARE, extensions=[octets(b"")]), "extensions"),
        (replace(BARE, tail=tlv(0xA3)), "extensions"),
    ],
)
def test_one_part_that_cannot_be_read_costs_only_itself(changed: Handmade, name: str) -> None:
    content = _read(changed.der())
    sound = _read(BARE.der())

    assert strict.is_refused(changed.der())
    assert content.unreadable == (name,)
    for field in ("not_before_at", "not_after_at", "serial", "issuer", "subject"):
        assert field == name or getattr(content, field) == getattr(sound, field)


@pytest.mark.parametrize(
    ("dotted", "name"),
    [
        ("2.5.29.14", "subjectKeyIdentifier"),
        ("2.5.29.15", "keyUsage"),
        ("2.5.29.19", "basicConstraints"),
        ("2.5.29.31", "cRLDistributionPoints"),
        ("2.5.29.32", "certificatePolicies"),
        ("2.5.29.35", "authorityKeyIdentifier"),
        ("2.5.29.37", "extKeyUsage"),
        ("1.3.6.1.5.5.7.1.1", "authorityInfoAccess"),
        ("1.3.6.1.5.5.7.1.3", "qcStatements"),
    ],
)
@pytest.mark.parametrize(
    "value", [b"", utf8("x"), b"\x30\x80", b"\x30\x03\x30\x05\x06", sequence(integer(1)), b"\x03\0"]
)
def test_an_extension_that_cannot_be_read_costs_only_itself(
    dotted: str, name: str, value: bytes
) -> None:
    others = [each for each in NES.extensions if oid(dotted) not in each]
    broken = replace(NES, extensions=[kinds.extension(dotted, value), *others])
    content = _read(broken.der())

    assert set(content.unreadable) <= {name}
    if value in (b"", utf8("x")):
        assert content.unreadable == (name,)
    if dotted != "2.5.29.32":
        assert content.policies == (certificates.NES_POLICY,)
    assert content.not_after_at == ENDS


def test_of_an_extension_that_is_there_twice_the_first_counts_and_it_is_said() -> None:
    twice = replace(NES, extensions=[*NES.extensions, key_usage(*kinds.AUTHORITY)])
    content = _read(twice.der())

    assert content.key_usage == ("digitalSignature", "nonRepudiation")
    assert content.unreadable == ("keyUsage",)


def test_an_extension_nobody_reads_may_be_anything() -> None:
    odd = [kinds.extension("2.5.29.17", b"\xff\xff"), kinds.extension("1.2.3.4", b"\xff")]
    content = _read(replace(NES, extensions=[*NES.extensions, *odd]).der())

    assert content.other_extensions == ("2.5.29.17", "1.2.3.4")
    assert content.unreadable == ()


def test_an_address_is_found_beside_whatever_else_a_place_has() -> None:
    url, mail = tlv(0x86, b"http://crl.example/a.crl"), tlv(0x81, b"a@b.example")
    reasons, relative = (
        tlv(0x81, b"\x01\x06"),
        tlv(0xA0, tlv(0xA1, sequence(oid("2.5.4.3"), utf8("x")))),
    )
    point = sequence(tlv(0xA0, tlv(0xA0, mail, url)), reasons)
    places = kinds.extension("2.5.29.31", sequence(sequence(relative, reasons), point))
    method = sequence(oid("1.3.6.1.5.5.7.48.1"), tlv(0x86, b"http://ocsp.example"))
    by_mail = sequence(oid("1.3.6.1.5.5.7.48.2"), mail)
    other = sequence(oid("1.2.3"), tlv(0x86, b"http://other.example"))
    access = kinds.extension("1.3.6.1.5.5.7.1.1", sequence(other, by_mail, method))
    for more in ([], [key_usage(0)]):  # the second is refused by the strict parser
        content = _read(replace(NES, extensions=[*NES.extensions, places, access, *more]).der())

        assert content.crl_urls == ("http://crl.example/a.crl",)
        assert content.ocsp_urls == ("http://ocsp.example",)
        assert content.ca_issuer_urls == ()


def test_a_certificate_of_the_first_version_has_none() -> None:
    for serial in (integer(7), tlv(0x02, b"\0\0\7")):  # the second is refused, too
        content = _read(replace(BARE, version=b"", serial=serial).der())

        assert (content.serial, content.unreadable) == ("7", ())
        assert content.key == "ec-secp384r1"


def test_an_extension_whose_value_is_not_wrapped_costs_only_itself() -> None:
    bare = sequence(oid("2.5.29.15"), tlv(0x03, b"\7\x80"))
    content = _read(replace(NES, extensions=[bare, *NES.extensions[1:]]).der())

    assert content.unreadable == ("keyUsage",)
    assert content.qc_statements == (kinds.QC, kinds.LAW)


def test_null_parameters_of_an_elliptic_signature_are_no_trouble() -> None:
    odd = sequence(oid("1.2.840.10045.4.3.3"), tlv(0x05))
    content = _read(replace(NES, algorithm=odd).der())

    assert content.signature_algorithm == "1.2.840.10045.4.3.3"
    assert content.unreadable == ()


@pytest.mark.parametrize(
    ("key", "said"),
    [
        (sequence(oid("1.2.840.10045.2.1"), oid("1.3.132.0.34")), "ec-secp384r1"),
        (sequence(oid("1.2.840.10045.2.1"), oid("1.3.132.0.1")), "1.2.840.10045.2.1"),
        (sequence(oid("1.2.840.10045.2.1"), sequence(integer(1))), "1.2.840.10045.2.1"),
        (sequence(oid("1.2.840.10045.2.1")), "1.2.840.10045.2.1"),
        (sequence(oid("1.2.840.113549.1.1.1"), tlv(0x05)), "1.2.840.113549.1.1.1"),
        (sequence(oid("1.3.101.112")), "ed25519"),
    ],
    ids=["curve", "rare-curve", "explicit", "none", "rsa-broken", "edwards"],
)
def test_a_key_is_named_even_if_it_is_none(key: bytes, said: str) -> None:
    content = _read(replace(NES, key=sequence(key, tlv(0x03, b"\0\1"))).der())

    assert content.key == said


@pytest.mark.parametrize("zeros", [0, 1, 2])
def test_the_size_of_a_modulus_does_not_hang_on_its_leading_zero(zeros: int) -> None:
    modulus = tlv(0x02, bytes(zeros) + b"\xc5" * 256)
    rsa = sequence(oid("1.2.840.113549.1.1.1"), tlv(0x05))
    key = sequence(rsa, tlv(0x03, b"\0" + sequence(modulus, integer(65537))))

    assert _read(replace(NES, key=key).der()).key == "rsa-2048"


def test_a_modulus_of_zero_is_no_key() -> None:
    rsa = sequence(oid("1.2.840.113549.1.1.1"), tlv(0x05))
    key = sequence(rsa, tlv(0x03, b"\0" + sequence(integer(0), integer(65537))))

    assert _read(replace(NES, key=key).der()).key == "1.2.840.113549.1.1.1"


_HOLDER = sequence(tlv(0xA1, tlv(0xA4, kinds.name(cn=utf8("AYŞE ÖRNEK")))))
_ISSUER = tlv(0xA0, sequence(tlv(0xA4, kinds.name(cn=utf8("Örnek Oda")))))
_TIMES = sequence(tlv(0x18, b"20250301063001Z"), tlv(0x18, b"20280229063001Z"))
_ALGORITHM = sequence(oid("1.2.840.10045.4.3.3"))


@pytest.mark.parametrize("version", [integer(1), b""], ids=["second", "first"])
def test_an_attribute_certificate_is_no_certificate(version: bytes) -> None:
    title = sequence(sequence(oid("2.5.4.72"), tlv(0x31, utf8("hekim"))))
    body = sequence(version, _HOLDER, _ISSUER, _ALGORITHM, integer(9), _TIMES, title)
    der = sequence(body, _ALGORITHM, tlv(0x03, b"\0\1"))
    failure = parse(der)

    assert strict.is_refused(der)
    assert isinstance(failure, Failure)
    assert failure.name == ATTRIBUTES


@pytest.mark.parametrize("issuer", [b"", integer(3)], ids=["missing", "number"])
def test_a_certificate_without_its_issuer_is_still_a_certificate(issuer: bytes) -> None:
    content = _read(replace(NES, version=b"", algorithm=b"", issuer=issuer).der())

    assert "issuer" in content.unreadable
    assert content.not_after_at == ENDS


def test_a_certificate_that_was_cut_off_says_what_is_left_of_it() -> None:
    der = NES.der()
    content = _read(der[: der.index(certificates.tckn(1).encode()) + 40])

    assert content.not_after_at == ENDS
    assert content.unreadable[0] == "length"


@pytest.mark.parametrize("depth", [100, 20_000])
@pytest.mark.parametrize("nest", [b"\x30\x80", b"\x30\x82\xff\xff", b"\x31\x84\x7f\xff\xff\xff"])
def test_deep_nesting_is_no_certificate(nest: bytes, depth: int) -> None:
    assert isinstance(parse((nest * depth)[:SIZE_LIMIT_BYTES]), Failure)


@pytest.mark.parametrize(
    "subject",
    [
        sequence(*[kinds.attribute("2.5.4.3", utf8("x"))] * 1300),
        sequence(tlv(0x31, *[sequence(oid("2.5.4.3"), utf8(""))] * 1300)),
        kinds.name(cn=tlv(0x0C, b"\xff" * 15_000)),
        kinds.name(cn=integer(1 << 120_000)),
        sequence(tlv(0x31, sequence(tlv(0x06, b"\x81" * 15_000 + b"\1"), utf8("x")))),
        sequence(tlv(0x31, sequence(tlv(0x06, b"\xff" * 60 + b"\x7f"), utf8("x")))),
    ],
    ids=["names", "names-in-one", "text", "number", "oid", "arc"],
)
def test_huge_parts_are_read_or_named(subject: bytes) -> None:
    content = _read(replace(NES, subject=subject).der())

    assert content.not_after_at == ENDS
    assert encode(holding(content))


def test_more_than_any_certificate_is_not_looked_at() -> None:
    content = parse(replace(NES, tail=bytes(SIZE_LIMIT_BYTES), extensions=()).der())

    assert isinstance(content, Failure)
    assert content.name == "TOO_LARGE"


@pytest.mark.parametrize("what", KINDS)
def test_every_kind_is_read_as_cryptography_reads_it(what: str) -> None:
    assert not strict.is_refused(KINDS[what])
    assert strict.otherwise(KINDS[what], _read(KINDS[what])) is None


@pytest.mark.parametrize("kind", ["ec", "rsa"])
def test_what_a_library_made_is_read_as_cryptography_reads_it(
    kind: certificates.KeyKind,
) -> None:
    number = certificates.tckn(3)
    nes = certificates.nes(name=NAME, number=number, not_before=BEGINS, not_after=ENDS, key=kind)

    for der in (nes, certificates.ca().der):
        assert not strict.is_refused(der)
        assert strict.otherwise(der, _read(der)) is None


@given(st.data())
def test_any_mutation_is_read_as_cryptography_reads_it_if_both_take_it(data: st.DataObject) -> None:
    der = bytearray(KINDS[data.draw(st.sampled_from(sorted(KINDS)))])
    for _ in range(data.draw(st.integers(1, 3))):
        der[data.draw(st.integers(0, len(der) - 1))] = data.draw(st.integers(0, 255))
    content = parse(bytes(der))

    if isinstance(content, Certificate) and not content.unreadable:
        assert strict.otherwise(bytes(der), content) is None


@given(
    st.binary(max_size=200)
    | st.lists(st.sampled_from([b"\x30\x80", b"\x30\x02", b"\xa0"])).map(b"".join)
)
def test_nothing_that_is_handed_over_raises(data: bytes) -> None:
    assert isinstance(parse(data), Certificate | Failure)


@given(st.data())
def test_what_is_left_of_a_certificate_can_always_be_written_and_read_again(
    data: st.DataObject,
) -> None:
    der = bytearray(KINDS[data.draw(st.sampled_from(sorted(KINDS)))])
    start = data.draw(st.integers(0, len(der) - 1))
    der[start : start + data.draw(st.integers(0, 8))] = data.draw(st.binary(max_size=8))
    content = parse(bytes(der))

    try:
        again = decode(encode(holding(content)))
    except SnapshotError as error:
        pytest.fail(str(error))
    assert again == holding(content)
