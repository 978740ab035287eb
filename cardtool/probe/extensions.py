# SPDX-License-Identifier: Apache-2.0
"""Reads the extensions of a certificate, each by itself.

A reader gives fields of `Certificate`, and raises `DerError` if it cannot read a value.

Source: RFC 5280 §4.2; RFC 3739 §3.2.6; ETSI EN 319 412-5 §4.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from cardtool.model.certificate import MoneyLimit
from cardtool.probe import der
from cardtool.probe.der import DerError

_QC_LIMIT = "0.4.0.1862.1.2"
_QC_TYPE = "0.4.0.1862.1.6"
_OCSP = "1.3.6.1.5.5.7.48.1"
_CA_ISSUERS = "1.3.6.1.5.5.7.48.2"

_KEY_USAGE = (
    "digitalSignature",
    "nonRepudiation",
    "keyEncipherment",
    "dataEncipherment",
    "keyAgreement",
    "keyCertSign",
    "cRLSign",
)
"""Names of the bits in their order. Source: RFC 5280 §4.2.1.3."""

_FIRST = 0xA0  # [0], constructed
_URL = 0x86  # uniformResourceIdentifier of a GeneralName. Source: RFC 5280 §4.2.1.6
_MONEY_OCTETS = 8  # what JSON readers take for a whole number
Fields = Mapping[str, Any]


def _basic_constraints(value: bytes) -> Fields:
    first = next(der.elements(der.first_content(value, der.SEQUENCE)), None)
    is_ca = first is not None and first.tag == der.BOOLEAN and any(first.content)
    return {"is_ca": is_ca}


def _key_usage(value: bytes) -> Fields:
    bits = der.bits(der.first_content(value, der.BIT_STRING))
    return {"key_usage": tuple(name for bit, name in enumerate(_KEY_USAGE) if bit in bits)}


def _oids(content: bytes) -> tuple[str, ...]:
    return tuple(der.dotted(der.content_of(part, der.OID)) for part in der.elements(content))


def _members(value: bytes) -> Iterator[tuple[str, bytes]]:
    """Give the object identifier at the start of each member of a list, and the bytes after it."""
    for member in der.elements(der.first_content(value, der.SEQUENCE)):
        content = der.content_of(member, der.SEQUENCE)
        first, end = der.element(content)
        yield der.dotted(der.content_of(first, der.OID)), content[end:]


def _authority_key(value: bytes) -> Fields:
    parts = der.elements(der.first_content(value, der.SEQUENCE))
    key = next((part.content for part in parts if part.tag == 0x80), b"")  # noqa: PLR2004 - [0]
    return {"authority_key_id": key.hex().upper()}


def _crl_points(value: bytes) -> Fields:
    urls: list[str] = []
    for point in der.elements(der.first_content(value, der.SEQUENCE)):
        for part in der.elements(der.content_of(point, der.SEQUENCE)):
            if part.tag == _FIRST:  # distributionPoint
                for name in der.elements(part.content):
                    if name.tag == _FIRST:  # fullName
                        urls += _urls(name.content)
    return {"crl_urls": tuple(urls)}


def _authority_access(value: bytes) -> Fields:
    urls: dict[str, list[str]] = {_OCSP: [], _CA_ISSUERS: []}
    for method, place in _members(value):
        urls.setdefault(method, []).extend(_urls(place))
    return {"ocsp_urls": tuple(urls[_OCSP]), "ca_issuer_urls": tuple(urls[_CA_ISSUERS])}


def _urls(names: bytes) -> list[str]:
    parts = der.elements(names)
    return [part.content.decode(errors="replace") for part in parts if part.tag == _URL]


def _qc_statements(value: bytes) -> Fields:
    """Read the statements of a qualified certificate.

    A limit or a type that cannot be read is named in `unreadable`, and the rest is given.
    """
    ids: list[str] = []
    types: tuple[str, ...] = ()
    limit: MoneyLimit | None = None
    unreadable: list[str] = []
    for kind, information in _members(value):
        ids.append(kind)
        try:
            if kind == _QC_TYPE:
                types = _oids(der.first_content(information, der.SEQUENCE))
            elif kind == _QC_LIMIT:
                limit = _limit(der.first_content(information, der.SEQUENCE))
        except DerError:
            unreadable.append("qcType" if kind == _QC_TYPE else "qcLimitValue")
    return {
        "qc_statements": tuple(ids),
        "qc_types": types,
        "qc_limit": limit,
        "unreadable": tuple(unreadable),
    }


def _limit(content: bytes) -> MoneyLimit:
    match [*der.elements(content)]:
        case [currency, amount, exponent] if currency.tag == der.INTEGER:
            code = f"{_money(currency):03d}"
        case [currency, amount, exponent] if der.is_text(currency) and len(currency.content) == 3:  # noqa: PLR2004 - ISO 4217
            code = der.text(currency)
        case _:
            raise DerError
    return MoneyLimit(currency=code, amount=_money(amount), exponent=_money(exponent))


def _money(number: der.Element) -> int:
    content = der.content_of(number, der.INTEGER)
    if len(content) > _MONEY_OCTETS:
        raise DerError
    return der.integer(content)


PARTS: dict[str, tuple[str, Callable[[bytes], Fields]]] = {
    "2.5.29.14": (
        "subjectKeyIdentifier",
        lambda value: {"subject_key_id": der.first_content(value, der.OCTET_STRING).hex().upper()},
    ),
    "2.5.29.15": ("keyUsage", _key_usage),
    "2.5.29.19": ("basicConstraints", _basic_constraints),
    "2.5.29.31": ("cRLDistributionPoints", _crl_points),
    "2.5.29.32": (
        "certificatePolicies",
        lambda value: {"policies": tuple(dotted for dotted, _ in _members(value))},
    ),
    "2.5.29.35": ("authorityKeyIdentifier", _authority_key),
    "2.5.29.37": (
        "extKeyUsage",
        lambda value: {"extended_key_usage": _oids(der.first_content(value, der.SEQUENCE))},
    ),
    "1.3.6.1.5.5.7.1.1": ("authorityInfoAccess", _authority_access),
    "1.3.6.1.5.5.7.1.3": ("qcStatements", _qc_statements),
}
"""The extensions that are read: name in the standard and reader, by object identifier."""
