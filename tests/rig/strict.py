# SPDX-License-Identifier: Apache-2.0
"""What cryptography, a strict parser by others, reads of a certificate: the facts to compare with.

The key and what qualified statements say are left out: cryptography refuses some, or reads none.
"""

import warnings
from collections.abc import Callable
from typing import Any

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.x509.oid import AuthorityInformationAccessOID, ObjectIdentifier
from msgspec.structs import replace

from cardtool.model.certificate import Attribute, Certificate, Name
from cardtool.model.limits import fitted

REFUSALS = (
    ValueError,
    TypeError,
    OverflowError,
    UnsupportedAlgorithm,
    x509.DuplicateExtension,
    x509.InvalidVersion,
    x509.UnsupportedGeneralNameType,
)
"""How it says no."""

Facts = dict[str, Any]

_NAMES = {
    "2.5.4.4": "SN",
    "2.5.4.5": "serialNumber",
    "2.5.4.12": "title",
    "2.5.4.42": "GN",
    "2.5.4.97": "organizationIdentifier",
    "1.2.840.113549.1.9.1": "emailAddress",
}
"""Short names of attributes for which it gives none."""

_STATEMENTS = ObjectIdentifier("1.3.6.1.5.5.7.1.3")
_URLS = {
    AuthorityInformationAccessOID.OCSP: "ocsp_urls",
    AuthorityInformationAccessOID.CA_ISSUERS: "ca_issuer_urls",
}
_USAGES = {
    "digital_signature": "digitalSignature",
    "content_commitment": "nonRepudiation",
    "key_encipherment": "keyEncipherment",
    "data_encipherment": "dataEncipherment",
    "key_agreement": "keyAgreement",
    "key_cert_sign": "keyCertSign",
    "crl_sign": "cRLSign",
}


def is_refused(der: bytes) -> bool:
    """Tell whether it refuses a certificate or a part of it."""
    try:
        _facts(der)
    except REFUSALS:
        return True
    return False


def otherwise(der: bytes, content: Certificate) -> Certificate | None:
    """Return a certificate as it reads it, if that is not as it was read; it may refuse to."""
    try:
        expected = fitted(replace(content, **_facts(der)))
    except REFUSALS:
        return None
    return None if expected == content else expected


def _facts(der: bytes) -> Facts:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # long names and odd parameters are facts
        certificate = x509.load_der_x509_certificate(der)
        facts: Facts = {
            "subject": _name(certificate.subject),
            "issuer": _name(certificate.issuer),
            "serial": f"{certificate.serial_number:X}",
            "not_before_at": certificate.not_valid_before_utc,
            "not_after_at": certificate.not_valid_after_utc,
            "signature_algorithm": certificate.signature_algorithm_oid.dotted_string,
        }
        others = []
        for extension in certificate.extensions:
            if reader := _READERS.get(type(extension.value)):
                facts |= reader(extension.value)
            elif extension.oid != _STATEMENTS:
                others.append(extension.oid.dotted_string)
        return facts | {"other_extensions": tuple(others)}


def _name(name: x509.Name) -> Name:
    attributes = []
    for part in name:
        dotted = part.oid.dotted_string
        value = part.value if isinstance(part.value, str) else part.value.hex().upper()
        kind = _NAMES.get(dotted) or part.rfc4514_attribute_name
        attributes.append(Attribute(type=kind, value=value))
    return Name(attributes=tuple(attributes))


def _points(points: x509.CRLDistributionPoints) -> Facts:
    names = (name for point in points for name in point.full_name or ())
    urls = (name.value for name in names if isinstance(name, x509.UniformResourceIdentifier))
    return {"crl_urls": tuple(urls)}


def _access(access: x509.AuthorityInformationAccess) -> Facts:
    facts: Facts = dict.fromkeys(_URLS.values(), ())
    for part in access:
        place = part.access_location
        if part.access_method in _URLS and isinstance(place, x509.UniformResourceIdentifier):
            facts[_URLS[part.access_method]] += (place.value,)
    return facts


def _usage(usage: x509.KeyUsage) -> Facts:
    return {"key_usage": tuple(name for field, name in _USAGES.items() if getattr(usage, field))}


_READERS: dict[type[x509.ExtensionType], Callable[[Any], Facts]] = {
    x509.BasicConstraints: lambda value: {"is_ca": value.ca},
    x509.KeyUsage: _usage,
    x509.ExtendedKeyUsage: lambda value: {
        "extended_key_usage": tuple(oid.dotted_string for oid in value)
    },
    x509.CertificatePolicies: lambda value: {
        "policies": tuple(policy.policy_identifier.dotted_string for policy in value)
    },
    x509.SubjectKeyIdentifier: lambda value: {"subject_key_id": value.digest.hex().upper()},
    x509.AuthorityKeyIdentifier: lambda value: {
        "authority_key_id": (value.key_identifier or b"").hex().upper()
    },
    x509.CRLDistributionPoints: _points,
    x509.AuthorityInformationAccess: _access,
}
