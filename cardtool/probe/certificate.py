# SPDX-License-Identifier: Apache-2.0
"""DER to certificate facts: the only user of cryptography.

Parsing is defensive, for cards hold what issuers wrote: whatever cannot be read is a `Failure`.
Source: RFC 5280 §4; RFC 3739 §3.2.6 (QCStatements).
"""

import warnings
from typing import ClassVar

from asn1crypto import core
from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, rsa
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtensionOID

from cardtool.model.certificate import Attribute, Certificate, Name
from cardtool.model.snapshot import Failure

_QC_STATEMENTS = x509.ObjectIdentifier("1.3.6.1.5.5.7.1.3")
"""id-pe-qcStatements. Source: RFC 3739 §3.2.6."""

_ATTRIBUTE_TYPES = {
    "2.5.4.4": "SN",
    "2.5.4.5": "serialNumber",
    "2.5.4.12": "title",
    "2.5.4.42": "GN",
    "2.5.4.97": "organizationIdentifier",
    "1.2.840.113549.1.9.1": "emailAddress",
}
"""Names cryptography leaves as numbers. Source: RFC 4519 §2, RFC 2985 §5.2.1, X.520 §6.4."""

_KEY_USAGE = {
    "digital_signature": "digitalSignature",
    "content_commitment": "nonRepudiation",
    "key_encipherment": "keyEncipherment",
    "data_encipherment": "dataEncipherment",
    "key_agreement": "keyAgreement",
    "key_cert_sign": "keyCertSign",
    "crl_sign": "cRLSign",
}
"""cryptography's attribute to the name of RFC 5280 §4.2.1.3."""


_REFUSALS = (
    ValueError,
    TypeError,  # asn1crypto, at a value of another type
    UnsupportedAlgorithm,
    x509.DuplicateExtension,
    x509.InvalidVersion,
    x509.UnsupportedGeneralNameType,
)
"""How the parsers say no."""


class _QcStatement(core.Sequence):
    _fields: ClassVar = [  # asn1crypto completes it in place, so no tuple
        ("statement_id", core.ObjectIdentifier),
        ("statement_info", core.Any, {"optional": True}),
    ]


class _QcStatements(core.SequenceOf):
    _child_spec = _QcStatement


def trim(value: bytes) -> bytes:
    """Cut what follows the outermost DER element: tokens pad CKA_VALUE to the size of a file.

    What does not begin like a certificate is returned as it is.
    """
    if len(value) < 4 or value[0] != 0x30:  # noqa: PLR2004 - SEQUENCE and the shortest long length
        return value
    if value[1] < 0x80:  # noqa: PLR2004 - X.690 §8.1.3: the short form ends here
        return value[: 2 + value[1]]
    octets = value[1] & 0x7F
    if not octets:  # X.690 §8.1.3.6: no length is given, which DER forbids
        return value
    return value[: 2 + octets + int.from_bytes(value[2 : 2 + octets])]


def parse(der: bytes) -> Certificate | Failure:
    """Return what a certificate says, or `Failure(x509, ...)` with the parser's complaint."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # long names and odd parameters are facts, not noise
        try:
            return _facts(x509.load_der_x509_certificate(der))
        except _REFUSALS as error:
            return Failure(api="x509", name=type(error).__name__, detail=str(error)[:200])


def _facts(certificate: x509.Certificate) -> Certificate:
    found = {extension.oid: extension.value for extension in certificate.extensions}
    constraints = found.get(ExtensionOID.BASIC_CONSTRAINTS)
    usage = found.get(ExtensionOID.KEY_USAGE)
    extended = found.get(ExtensionOID.EXTENDED_KEY_USAGE)
    policies = found.get(ExtensionOID.CERTIFICATE_POLICIES)
    statements = found.get(_QC_STATEMENTS)
    subject_key = found.get(ExtensionOID.SUBJECT_KEY_IDENTIFIER)
    authority_key = found.get(ExtensionOID.AUTHORITY_KEY_IDENTIFIER)
    return Certificate(
        subject=_name(certificate.subject),
        issuer=_name(certificate.issuer),
        serial=f"{certificate.serial_number:X}",
        not_before_at=certificate.not_valid_before_utc,
        not_after_at=certificate.not_valid_after_utc,
        key=_key(certificate),
        signature_algorithm=certificate.signature_algorithm_oid.dotted_string,
        is_ca=isinstance(constraints, x509.BasicConstraints) and constraints.ca,
        key_usage=(
            tuple(name for field, name in _KEY_USAGE.items() if getattr(usage, field))
            if isinstance(usage, x509.KeyUsage)
            else ()
        ),
        extended_key_usage=(
            tuple(each.dotted_string for each in extended)
            if isinstance(extended, x509.ExtendedKeyUsage)
            else ()
        ),
        policies=(
            tuple(each.policy_identifier.dotted_string for each in policies)
            if isinstance(policies, x509.CertificatePolicies)
            else ()
        ),
        qc_statements=(
            _statement_ids(statements.value)
            if isinstance(statements, x509.UnrecognizedExtension)
            else ()
        ),
        subject_key_id=(
            subject_key.digest.hex().upper()
            if isinstance(subject_key, x509.SubjectKeyIdentifier)
            else ""
        ),
        authority_key_id=(
            (authority_key.key_identifier or b"").hex().upper()
            if isinstance(authority_key, x509.AuthorityKeyIdentifier)
            else ""
        ),
        crl_urls=_crl_urls(found.get(ExtensionOID.CRL_DISTRIBUTION_POINTS)),
        ocsp_urls=_access_urls(
            found.get(ExtensionOID.AUTHORITY_INFORMATION_ACCESS), AuthorityInformationAccessOID.OCSP
        ),
        ca_issuer_urls=_access_urls(
            found.get(ExtensionOID.AUTHORITY_INFORMATION_ACCESS),
            AuthorityInformationAccessOID.CA_ISSUERS,
        ),
    )


def _name(name: x509.Name) -> Name:
    return Name(
        attributes=tuple(
            Attribute(
                type=_ATTRIBUTE_TYPES.get(each.oid.dotted_string, each.rfc4514_attribute_name),
                value=each.value if isinstance(each.value, str) else each.value.hex().upper(),
            )
            for each in name
        )
    )


def _key(certificate: x509.Certificate) -> str:
    try:
        key = certificate.public_key()
    except (ValueError, UnsupportedAlgorithm):
        return certificate.public_key_algorithm_oid.dotted_string
    match key:
        case rsa.RSAPublicKey():
            return f"rsa-{key.key_size}"
        case ec.EllipticCurvePublicKey():
            return f"ec-{key.curve.name}"
        case ed25519.Ed25519PublicKey():
            return "ed25519"
        case ed448.Ed448PublicKey():
            return "ed448"
    return certificate.public_key_algorithm_oid.dotted_string


def _statement_ids(value: bytes) -> tuple[str, ...]:
    return tuple(each["statement_id"].dotted for each in _QcStatements.load(value, strict=True))


def _crl_urls(points: x509.ExtensionType | None) -> tuple[str, ...]:
    if not isinstance(points, x509.CRLDistributionPoints):
        return ()
    return tuple(
        name.value
        for point in points
        for name in point.full_name or ()
        if isinstance(name, x509.UniformResourceIdentifier)
    )


def _access_urls(
    access: x509.ExtensionType | None, method: x509.ObjectIdentifier
) -> tuple[str, ...]:
    if not isinstance(access, x509.AuthorityInformationAccess):
        return ()
    return tuple(
        each.access_location.value
        for each in access
        if each.access_method == method
        and isinstance(each.access_location, x509.UniformResourceIdentifier)
    )
