# SPDX-License-Identifier: Apache-2.0
"""Whether one certificate issued another. Knows of no chain, and asks nobody."""

from datetime import datetime

from asn1crypto import x509
from pyhanko_certvalidator.sig_validate import DefaultSignatureValidator

from cardtool.probe.online import files

_MOST = 64
"""Certificates of a file that are looked at."""


def fitting(
    body: bytes, child: x509.Certificate, moment: datetime
) -> tuple[list[x509.Certificate], str]:
    """Return the issuers among the certificates of a file, and why the others are not."""
    why = "NOT_FOR_IT"
    suitable = []
    for issuer in files.certificates(body)[:_MOST]:
        if may_have_issued(issuer, child):
            why = objection(issuer, child)
            if not why:
                suitable.append(issuer)
    return sorted(suitable, key=lambda issuer: preference(issuer, moment)), why


def preference(issuer: x509.Certificate, moment: datetime) -> tuple[bool, float]:
    """Sort those in force first, and the latest of them before the others."""
    begins, ends = issuer.not_valid_before, issuer.not_valid_after
    return not begins <= moment <= ends, -(ends - moment).total_seconds()


def is_named(issuer: x509.Certificate, child: x509.Certificate) -> bool:
    """Tell whether a certificate names the very key of another as the one that signed it."""
    wanted = child.authority_key_identifier
    return wanted is not None and wanted == issuer.key_identifier


def may_have_issued(issuer: x509.Certificate, child: x509.Certificate) -> bool:
    """Tell whether names, and key identifiers where both are there, fit."""
    wanted, has = child.authority_key_identifier, issuer.key_identifier
    fits = issuer.subject.hashable == child.issuer.hashable
    return fits and (wanted is None or has is None or wanted == has)


def objection(issuer: x509.Certificate, child: x509.Certificate) -> str:
    """Return why a certificate did not issue another, or must not have: empty if neither is so."""
    try:
        DefaultSignatureValidator().validate_signature(
            signature=child["signature_value"].native,
            signed_data=child["tbs_certificate"].dump(),
            public_key_info=issuer.public_key,
            signature_algorithm=child["signature_algorithm"],
        )
    except Exception:  # noqa: BLE001 - a key of another kind fails an assertion of the library
        return "BAD_SIGNATURE"
    try:
        usage = issuer.key_usage_value
        may_sign = usage is None or "key_cert_sign" in usage.native
    except (ValueError, TypeError, KeyError, IndexError):  # asn1crypto's, for an odd bit string
        return "NOT_AN_ISSUER"
    return "" if issuer.ca and may_sign else "NOT_AN_ISSUER"
