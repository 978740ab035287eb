# SPDX-License-Identifier: Apache-2.0
"""Reads a certificate part by part, so that one part nobody can read costs only itself.

For certificates that a strict parser refuses, of which cards hold some. Parts are found by what
they are, not by counting: the validity is the pair of times, the issuer stands before it.

Source: RFC 5280 §4.1; drivers_notes/certificates.md#what-parsers-refuse.
"""

from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import Any

from cardtool.model.certificate import Attribute, Certificate, Name
from cardtool.probe import der
from cardtool.probe.der import DerError, Element
from cardtool.probe.extensions import PARTS

ATTRIBUTE_TYPES = {
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
_EDWARDS = {"1.3.101.112": "ed25519", "1.3.101.113": "ed448"}
"""Source: RFC 8410 §3."""
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


def read(data: bytes) -> Certificate:
    """Return what can be read of a certificate; what cannot is named in `unreadable`.

    Raises:
        DerError: no validity can be read in it.
    """
    outer, end = der.element(data, whole=False)
    reading = _Reading()
    if end > len(data):
        reading.miss("length")
    body, end = der.element(der.of(outer, der.SEQUENCE), whole=False)
    fields = reading.elements(der.of(body, der.SEQUENCE), "length")
    return reading.certificate(fields, next(_leading(outer.content[end:]), None))


def key_of(data: bytes) -> str:
    """Name the public key of a certificate whose form a strict parser took.

    Raises:
        DerError: it has another form.
    """
    start, _ = der.inside(data, 0)
    start, _ = der.inside(data, start)
    for _ in range(6 if data[start] == _VERSION else 5):
        _, start = der.inside(data, start)
    return _key(der.of(der.element(data, start)[0], der.SEQUENCE))


def _key(information: bytes) -> str:
    algorithm, end = der.element(information)
    inside, after = der.element(der.of(algorithm, der.SEQUENCE))
    kind = der.dotted(der.of(inside, der.OID))
    with suppress(DerError):
        if kind == _RSA:
            bits = der.of(der.element(information, end)[0], der.BIT_STRING)
            modulus, _ = der.element(der.only(bits[1:], der.SEQUENCE))
            return f"rsa-{der.integer(der.of(modulus, der.INTEGER)).bit_length()}"
        if kind == _EC:
            curve = der.dotted(der.of(der.element(algorithm.content, after)[0], der.OID))
            return f"ec-{_CURVES[curve]}" if curve in _CURVES else kind
    return _EDWARDS.get(kind, kind)


_NOTHING = Element(0, b"")


def _leading(content: bytes) -> Iterator[Element]:
    """Give the elements before the first broken one."""
    with suppress(DerError):
        yield from der.elements(content)


def _attribute(content: bytes) -> Attribute:
    kind, end = der.element(content)
    value, _ = der.element(content, end)
    dotted = der.dotted(der.of(kind, der.OID))
    text = der.text(value) if der.is_text(value) else value.content.hex().upper()
    return Attribute(type=ATTRIBUTE_TYPES.get(dotted, dotted), value=text)


class _Reading:
    """One certificate on its way: what was read so far, and what could not be."""

    def __init__(self) -> None:
        self._missed: dict[str, None] = {}

    def miss(self, part: str) -> None:
        """Note a part that could not be read."""
        self._missed[part] = None

    def elements(self, content: bytes, part: str) -> list[Element]:
        """Return the elements before the first broken one, which this part is to blame for."""
        found = []
        try:
            for each in der.elements(content):
                found.append(each)  # noqa: PERF402 - a list would lose them at the broken one
        except DerError:
            self.miss(part)
        return found

    def certificate(self, fields: list[Element], algorithm: Element | None) -> Certificate:
        """Read the fields of a TBSCertificate; the algorithm stands behind it once more.

        Raises:
            DerError: none of them is a validity.
        """
        place = next((n for n, each in enumerate(fields) if _is_validity(each)), None)
        if place is None:
            raise DerError
        begins, ends = der.elements(fields[place].content)
        (not_before_at, is_zoned), (not_after_at, is_zoned_too) = map(der.moment, (begins, ends))
        if not (is_zoned and is_zoned_too):
            self.miss("validity")
        before, after = fields[:place], fields[place + 1 :]
        said: dict[str, Any] = {
            "serial": self._serial(before),
            "signature_algorithm": self._algorithm(
                algorithm or (before[-2] if len(before) > 1 else _NOTHING)
            ),
            "issuer": self._name(before[-1] if before else _NOTHING, "issuer"),
            "subject": self._name(after[0] if after else _NOTHING, "subject"),
            "key": self._key(after[1] if len(after) > 1 else _NOTHING),
            "not_before_at": not_before_at,
            "not_after_at": not_after_at,
            **self._extensions(each.content for each in after[2:] if each.tag == _EXTENSIONS),
        }
        return Certificate(**said, unreadable=tuple(self._missed))

    def _serial(self, before: list[Element]) -> str:
        if before and before[0].tag == _VERSION:
            if before[0].content not in (b"\2\1\0", b"\2\1\1", b"\2\1\2"):
                self.miss("version")
            before = before[1:]
        try:
            return f"{der.integer(der.of(before[0] if before else _NOTHING, der.INTEGER)):X}"
        except DerError:
            self.miss("serialNumber")
            return ""

    def _algorithm(self, field: Element) -> str:
        try:
            inside = der.elements(der.of(field, der.SEQUENCE))
            return der.dotted(der.of(next(inside, _NOTHING), der.OID))
        except DerError:
            self.miss("signature")
            return ""

    def _key(self, field: Element) -> str:
        try:
            return _key(der.of(field, der.SEQUENCE))
        except DerError:
            self.miss("subjectPublicKeyInfo")
            return ""

    def _name(self, field: Element, part: str) -> Name:
        if field.tag != der.SEQUENCE:
            self.miss(part)
            return Name()
        found: list[Attribute] = []
        for relative in self.elements(field.content, part):
            try:
                for pair in der.elements(relative.content):
                    found.append(_attribute(der.of(pair, der.SEQUENCE)))  # noqa: PERF401 - as above
            except DerError:
                self.miss(part)
        if any(der.REPLACED in each.value for each in found):
            self.miss(part)
        return Name(attributes=tuple(found))

    def _extensions(self, wrapped: Iterable[bytes]) -> dict[str, Any]:
        said: dict[str, Any] = {}
        seen: dict[str, bool] = {}
        for content in wrapped:
            try:
                inside, _ = der.element(content, whole=False)
            except DerError:
                self.miss("extensions")
                continue
            for each in self.elements(inside.content, "extensions"):
                try:
                    kind, *_, value = der.elements(der.of(each, der.SEQUENCE))
                    dotted = der.dotted(der.of(kind, der.OID))
                except ValueError:
                    self.miss("extensions")
                    continue
                is_first = not seen.get(dotted)
                seen[dotted] = True
                if not is_first:  # forbidden; the first counts
                    self.miss(PARTS[dotted].name if dotted in PARTS else dotted)
                elif dotted in PARTS:
                    said |= self._extension(dotted, value)
        said["other_extensions"] = tuple(each for each in seen if each not in PARTS)
        return said

    def _extension(self, dotted: str, value: Element) -> dict[str, Any]:
        try:
            said = dict(PARTS[dotted].read(der.of(value, der.OCTET_STRING)))
        except DerError:
            self.miss(PARTS[dotted].name)
            return {}
        for part in said.pop("unreadable", ()):
            self.miss(part)
        return said


def _is_validity(field: Element) -> bool:
    if field.tag != der.SEQUENCE:
        return False
    return [each.tag in der.TIMES for each in _leading(field.content)] == [True, True]
