# SPDX-License-Identifier: Apache-2.0
"""Tells the kind of a certificate by its contents, never by its label or its place on a card.

Knows nothing of cards or of dates.

Source: drivers_notes/certificates.md.
"""

import re
from enum import StrEnum

from cardtool.catalog import providers
from cardtool.model.certificate import Certificate
from cardtool.model.turkey import folded

_VITAL = frozenset(
    {"length", "version", "signature", "subjectPublicKeyInfo", "validity", "extensions"}
)
"""Parts without which nobody can verify what a certificate's key signed. Source: RFC 5280 §4.1."""


class Kind(StrEnum):
    """What a certificate is for."""

    AUTHORITY = "authority"
    """It signs other certificates."""
    NES = "nes"
    """A person's qualified certificate, of Kamu SM."""
    NES_MOBILE = "nes-mobile"
    """The same, with the key in the SIM card of a telephone."""
    NES_OTHER = "nes-other"
    """A person's qualified certificate, of another provider."""
    QUALIFIED_SEAL = "qualified-seal"
    CORPORATE_SEAL = "corporate-seal"
    FISCAL_SEAL = "fiscal-seal"
    """Mali mühür, for invoices."""
    FISCAL_ENCRYPTION = "fiscal-encryption"
    """The encryption certificate that goes with a mali mühür."""
    IDENTITY_CARD = "identity-card"
    """Proves the identity of a T.C. Kimlik Kartı's holder; it signs nothing."""
    ENCRYPTION = "encryption"
    OTHER = "other"


PERSONAL = frozenset({Kind.NES, Kind.NES_MOBILE, Kind.NES_OTHER})
"""The kinds that a person signs with: qualified certificates of every provider."""

SEALS = frozenset({Kind.QUALIFIED_SEAL, Kind.CORPORATE_SEAL, Kind.FISCAL_SEAL})
"""The kinds that an institution signs with."""

KAMU_SM = "Kamu SM"

_QC_COMPLIANCE = "0.4.0.1862.1.1"
"""Source: ETSI EN 319 412-5 §4.2.1."""

_LAW_5070 = frozenset({"2.16.792.1.61.0.1.5070.1.1", "2.16.792.1.61.0.1.5070.2.1"})
"""The statements of a certificate that is qualified by Law 5070."""

_SEALS = (
    ({"2.16.792.1.61.0.1.5070.2.1", "2.16.792.1.61.0.1.5070.2.2"}, Kind.QUALIFIED_SEAL),
    ({"2.16.792.1.61.0.1.5070.1.1", "2.16.792.1.61.0.1.5070.1.3"}, Kind.CORPORATE_SEAL),
)
"""The same statements, each with the restriction that makes the certificate a seal."""

_RESTRICTIONS = frozenset().union(*(both for both, _ in _SEALS)) - _LAW_5070

_MOBILE_POLICY = "2.16.792.1.2.1.1.5.7.1.8"
_FISCAL_POLICY = "2.16.792.1.2.1.1.5.7.4.1"
_FISCAL_USAGE = {
    "2.16.792.1.2.1.1.5.7.50.1": Kind.FISCAL_SEAL,
    "2.16.792.1.2.1.1.5.7.50.2": Kind.FISCAL_ENCRYPTION,
}
"""Extended key usages. Source: drivers_notes/certificates.md#kinds."""

_KAMU_SM_ARC = "2.16.792.1.2.1.1.5.7."
"""Source: drivers_notes/certificates.md#who-issued-it."""

_IDENTITY_DATA = "2.16.792.1.2.1.1.5.2.200.1"
"""The extension with the hash of the card's data.

Source: drivers_notes/certificates.md#identity-card.
"""

_TEST = re.compile("(?<![a-z])test(?![a-z])")
_ENCIPHERMENT = frozenset({"keyEncipherment", "dataEncipherment"})
_SIGNATURE = frozenset({"digitalSignature", "nonRepudiation"})


def kind(certificate: Certificate) -> Kind:
    """Return the kind. Restrictions are checked first, because a seal also looks like an NES.

    Source: the order of TÜBİTAK MA3, ECertificate.java.
    """
    if certificate.is_ca or "keyCertSign" in certificate.key_usage:
        return Kind.AUTHORITY
    statements = frozenset(certificate.qc_statements)
    for both, seal in _SEALS:
        if both <= statements:
            return seal
    if _FISCAL_POLICY in certificate.policies:
        for usage in certificate.extended_key_usage:
            if usage in _FISCAL_USAGE:
                return _FISCAL_USAGE[usage]
    if _QC_COMPLIANCE in statements and statements & _LAW_5070 and not statements & _RESTRICTIONS:
        return _personal(certificate)
    if _IDENTITY_DATA in certificate.other_extensions:
        return Kind.IDENTITY_CARD
    uses = frozenset(certificate.key_usage)
    return Kind.ENCRYPTION if uses & _ENCIPHERMENT and not uses & _SIGNATURE else Kind.OTHER


def _personal(certificate: Certificate) -> Kind:
    if _MOBILE_POLICY in certificate.policies:
        return Kind.NES_MOBILE
    return Kind.NES if provider(certificate) == KAMU_SM else Kind.NES_OTHER


def provider(certificate: Certificate) -> str:
    """Name the provider of a certificate as people know it, or as the issuer calls itself.

    A version or year in the issuer's name is ignored, because it changes with each generation.
    """
    issuer = certificate.issuer
    has_policy = any(policy.startswith(_KAMU_SM_ARC) for policy in certificate.policies)
    if has_policy:
        return KAMU_SM
    if known := providers.of_issuer(issuer):
        return known.name
    return issuer.first("O") or issuer.first("CN") or "-"


def is_for_tests(certificate: Certificate) -> bool:
    """Tell whether the issuer's name says that it is for tests, as with providers' samples.

    Source: drivers_notes/certificates.md#who-issued-it.
    """
    return any(_TEST.search(folded(one.value)) for one in certificate.issuer.attributes)


def is_broken(certificate: Certificate) -> bool:
    """Tell whether a part is damaged that every program needs to accept the certificate."""
    return not _VITAL.isdisjoint(certificate.unreadable)
