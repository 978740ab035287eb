# SPDX-License-Identifier: Apache-2.0
"""Reads a certificate part by part, so that an unreadable part does not hide the others.

Strict parsers refuse some certificates on cards as a whole. Parts are recognised by their form, not
by their number: the validity is the pair of times, and the issuer comes before it. No bytes make
anything here raise. The tests compare the facts with those of cryptography.

Source: RFC 5280 §4.1; drivers_notes/certificates.md#what-parsers-refuse.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from typing import Any

from cardtool.model.certificate import ATTRIBUTES, Attribute, Certificate, Name
from cardtool.model.limits import fitted
from cardtool.model.snapshot import Failure
from cardtool.probe import der
from cardtool.probe.der import DerError, Element
from cardtool.probe.extensions import PARTS, Fields

SIZE_LIMIT_BYTES = 16 * 1024
"""The largest certificate that is read, in a few milliseconds; a real one is under 4 kB."""

_ATTRIBUTE_TYPES = {
    "2.5.4.3": "CN",
    "2.5.4.4": "SN",
    "2.5.4.5": "serialNumber",
    "2.5.4.6": "C",
    "2.5.4.7": "L",
    "2.5.4.8": "ST",
    "2.5.4.9": "STREET",
    "2.5.4.10": "O",
    "2.5.4.11": "OU",
    "2.5.4.12": "title",
    "2.5.4.42": "GN",
    "2.5.4.97": "organizationIdentifier",
    "0.9.2342.19200300.100.1.1": "UID",
    "0.9.2342.19200300.100.1.25": "DC",
    "1.2.840.113549.1.9.1": "emailAddress",
}
"""Short names. Source: RFC 4514 §3, RFC 4519 §2, RFC 2985 §5.2.1, X.520 §6.4."""

_RSA = "1.2.840.113549.1.1.1"
_EC = "1.2.840.10045.2.1"
_EDWARDS = {"1.3.101.112": "ed25519", "1.3.101.113": "ed448"}  # source: RFC 8410 §3
_CURVES = {
    "1.2.840.10045.3.1.7": "secp256r1",
    "1.3.132.0.10": "secp256k1",
    "1.3.132.0.33": "secp224r1",
    "1.3.132.0.34": "secp384r1",
    "1.3.132.0.35": "secp521r1",
    "1.3.36.3.3.2.8.1.1.7": "brainpoolP256r1",
    "1.3.36.3.3.2.8.1.1.11": "brainpoolP384r1",
    "1.3.36.3.3.2.8.1.1.13": "brainpoolP512r1",
}
"""Source: RFC 5480 §2.1.1.1, RFC 5639 §4.1, SEC 2 §A.2."""

_VERSION, _EXTENSIONS = 0xA0, 0xA3
_VERSIONS = (b"\2\1\0", b"\2\1\1", b"\2\1\2")
_BEFORE_ATTRIBUTES = 4
"""Holder, issuer, algorithm and serial number come before the times of an attribute certificate. A
certificate has its issuer's name directly before the times. Source: RFC 5755 §4.1."""
_NOTHING = Element(0, b"")


def trim(value: bytes) -> bytes:
    """Cut off what follows the outermost DER element: tokens pad CKA_VALUE to the size of a file.

    Bytes that do not begin like a certificate are returned unchanged.
    """
    with suppress(DerError):
        if value[:1] == b"\x30":
            return value[: der.extent(value, 0)[1]]
    return value


def parse(data: bytes) -> Certificate | Failure:
    """Return what a certificate says, or `Failure(x509, ...)` if its validity cannot be read.

    A part that cannot be read is named in `unreadable`.
    """
    if len(data) > SIZE_LIMIT_BYTES:
        return Failure(api="x509", name="TOO_LARGE", detail=f"{len(data)} bytes")
    try:
        return fitted(_read(data))
    except _AttributesError:
        return Failure(api="x509", name=ATTRIBUTES)
    except DerError:
        return Failure(api="x509", name="UNREADABLE")


class _AttributesError(DerError):
    """An attribute certificate: it holds no key, so it is no certificate to sign with."""


def _read(data: bytes) -> Certificate:
    outer, end = der.element(data, whole=False)
    reading = _Reading()
    if end > len(data):
        reading.miss("length")
    body, end = der.element(der.content_of(outer, der.SEQUENCE), whole=False)
    fields = reading.elements(der.content_of(body, der.SEQUENCE), "length")
    return reading.certificate(fields, next(_leading(outer.content[end:]), _NOTHING))


class _Reading:
    """Reads one certificate, and notes the parts that cannot be read."""

    def __init__(self) -> None:
        self._missed: dict[str, None] = {}

    def miss(self, part: str) -> None:
        """Note a part that could not be read."""
        self._missed[part] = None

    def elements(self, content: bytes, part: str) -> list[Element]:
        """Return the elements before the first broken one, which makes this part unreadable."""
        whole = []
        try:
            for element in der.elements(content):
                whole.append(element)  # noqa: PERF402 - a list would lose them at the broken one
        except DerError:
            self.miss(part)
        return whole

    def certificate(self, fields: list[Element], algorithm: Element) -> Certificate:
        """Read the fields of a TBSCertificate; `algorithm` is the element behind it.

        Raises:
            DerError: none of the fields is a validity, or these are an attribute certificate's.
        """
        place = next((n for n, field in enumerate(fields) if _is_validity(field)), None)
        if place is None:
            raise DerError
        begins, ends = map(der.moment, der.elements(fields[place].content))
        (not_before_at, is_begin_allowed), (not_after_at, is_end_allowed) = begins, ends
        if not (is_begin_allowed and is_end_allowed):
            self.miss("validity")
        before, after = fields[:place], fields[place + 1 :]
        if len(before) >= _BEFORE_ATTRIBUTES and before[-1].tag == der.INTEGER:
            raise _AttributesError
        if before and before[0].tag == _VERSION:
            if before[0].content not in _VERSIONS:
                self.miss("version")
            before = before[1:]
        if algorithm is _NOTHING and len(before) > 1:
            algorithm = before[-2]
        facts: dict[str, Any] = {
            "serial": self._text("serialNumber", _serial, before[0] if before else _NOTHING),
            "signature_algorithm": self._text("signature", _algorithm, algorithm),
            "issuer": self._name(before[-1] if before else _NOTHING, "issuer"),
            "subject": self._name(after[0] if after else _NOTHING, "subject"),
            "key": self._text("subjectPublicKeyInfo", _key, after[1] if after[1:] else _NOTHING),
            "not_before_at": not_before_at,
            "not_after_at": not_after_at,
            **self._extensions(field.content for field in after[2:] if field.tag == _EXTENSIONS),
        }
        return Certificate(**facts, unreadable=tuple(self._missed))

    def _text(self, part: str, read: Callable[[Element], str], field: Element) -> str:
        try:
            return read(field)
        except DerError:
            self.miss(part)
            return ""

    def _name(self, field: Element, part: str) -> Name:
        if field.tag != der.SEQUENCE:
            self.miss(part)
            return Name()
        attributes: list[Attribute] = []
        for relative in self.elements(field.content, part):
            try:
                for pair in der.elements(relative.content):
                    attributes.append(_attribute(der.content_of(pair, der.SEQUENCE)))  # noqa: PERF401 - as above
            except DerError:
                self.miss(part)
        if any(der.REPLACED in attribute.value for attribute in attributes):
            self.miss(part)
        return Name(attributes=tuple(attributes))

    def _extensions(self, wrapped: Iterable[bytes]) -> dict[str, Any]:
        facts: dict[str, Any] = {}
        seen: dict[str, None] = {}
        listed: list[Element] = []
        for content in wrapped:
            try:
                outer, _ = der.element(content, whole=False)
                listed += self.elements(outer.content, "extensions")
            except DerError:
                self.miss("extensions")
        for extension in listed:
            try:
                kind, *_, value = der.elements(der.content_of(extension, der.SEQUENCE))
                dotted = der.dotted(der.content_of(kind, der.OID))
            except ValueError:
                self.miss("extensions")
                continue
            if dotted in seen:  # forbidden; the first counts
                self.miss(PARTS[dotted][0] if dotted in PARTS else dotted)
            elif dotted in PARTS:
                facts |= self._extension(*PARTS[dotted], value)
            seen[dotted] = None
        return facts | {"other_extensions": tuple(dotted for dotted in seen if dotted not in PARTS)}

    def _extension(
        self, name: str, read: Callable[[bytes], Fields], value: Element
    ) -> dict[str, Any]:
        try:
            facts = dict(read(der.content_of(value, der.OCTET_STRING)))
        except DerError:
            self.miss(name)
            return {}
        for part in facts.pop("unreadable", ()):
            self.miss(part)
        return facts


def _serial(field: Element) -> str:
    return f"{der.integer(der.content_of(field, der.INTEGER)):X}"


def _algorithm(field: Element) -> str:
    parts = der.elements(der.content_of(field, der.SEQUENCE))
    return der.dotted(der.content_of(next(parts, _NOTHING), der.OID))


def _key(field: Element) -> str:
    """Name a public key by its SubjectPublicKeyInfo."""
    information = der.content_of(field, der.SEQUENCE)
    algorithm, end = der.element(information)
    identifier, after = der.element(der.content_of(algorithm, der.SEQUENCE))
    kind = der.dotted(der.content_of(identifier, der.OID))
    with suppress(DerError):
        if kind == _RSA:
            bits = der.content_of(der.element(information, end)[0], der.BIT_STRING)
            modulus, _ = der.element(der.first_content(bits[1:], der.SEQUENCE))
            number = int.from_bytes(
                der.content_of(modulus, der.INTEGER)
            )  # some lack their leading zero
            if number:
                return f"rsa-{number.bit_length()}"
        if kind == _EC:
            curve = der.dotted(der.content_of(der.element(algorithm.content, after)[0], der.OID))
            return f"ec-{_CURVES[curve]}" if curve in _CURVES else kind
    return _EDWARDS.get(kind, kind)


def _attribute(content: bytes) -> Attribute:
    kind, end = der.element(content)
    value, _ = der.element(content, end)
    dotted = der.dotted(der.content_of(kind, der.OID))
    text = der.text(value) if der.is_text(value) else value.content.hex().upper()
    return Attribute(type=_ATTRIBUTE_TYPES.get(dotted, dotted), value=text)


def _is_validity(field: Element) -> bool:
    if field.tag != der.SEQUENCE:
        return False
    return [part.tag in der.TIMES for part in _leading(field.content)] == [True, True]


def _leading(content: bytes) -> Iterator[Element]:
    """Give the elements before the first broken one."""
    with suppress(DerError):
        yield from der.elements(content)
