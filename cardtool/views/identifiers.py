# SPDX-License-Identifier: Apache-2.0
"""Names object identifiers as support people know them; the number always stays beside the name.

Names of standards are the same in every language; the others are words of `[label]`.
"""

from cardtool.text import Text
from cardtool.views.harmless import escape

_NAMES = {
    "1.2.840.113549.1.1.5": "sha1WithRSAEncryption",
    "1.2.840.113549.1.1.10": "RSASSA-PSS",
    "1.2.840.113549.1.1.11": "sha256WithRSAEncryption",
    "1.2.840.113549.1.1.12": "sha384WithRSAEncryption",
    "1.2.840.113549.1.1.13": "sha512WithRSAEncryption",
    "1.2.840.10045.4.1": "ecdsa-with-SHA1",
    "1.2.840.10045.4.3.2": "ecdsa-with-SHA256",
    "1.2.840.10045.4.3.3": "ecdsa-with-SHA384",
    "1.2.840.10045.4.3.4": "ecdsa-with-SHA512",
    "1.3.101.112": "Ed25519",
    "1.3.101.113": "Ed448",
    "2.5.29.37.0": "anyExtendedKeyUsage",
    "1.3.6.1.5.5.7.3.1": "serverAuth",
    "1.3.6.1.5.5.7.3.2": "clientAuth",
    "1.3.6.1.5.5.7.3.3": "codeSigning",
    "1.3.6.1.5.5.7.3.4": "emailProtection",
    "1.3.6.1.5.5.7.3.8": "timeStamping",
    "1.3.6.1.5.5.7.3.9": "OCSPSigning",
    "1.3.6.1.5.5.7.3.36": "documentSigning",
    "1.3.6.1.4.1.311.20.2.2": "smartcardLogon",
    "2.5.29.32.0": "anyPolicy",
    "0.4.0.194112.1.0": "QCP-n",
    "0.4.0.194112.1.1": "QCP-l",
    "0.4.0.194112.1.2": "QCP-n-qscd",
    "0.4.0.194112.1.3": "QCP-l-qscd",
    "1.3.6.1.5.5.7.11.1": "qcSyntax-v1",
    "1.3.6.1.5.5.7.11.2": "qcSyntax-v2",
    "0.4.0.1862.1.1": "QcCompliance",
    "0.4.0.1862.1.2": "QcLimitValue",
    "0.4.0.1862.1.3": "QcRetentionPeriod",
    "0.4.0.1862.1.4": "QcSSCD",
    "0.4.0.1862.1.5": "QcPDS",
    "0.4.0.1862.1.6": "QcType",
    "0.4.0.1862.1.7": "QcCClegislation",
    "0.4.0.1862.1.6.1": "esign",
    "0.4.0.1862.1.6.2": "eseal",
    "0.4.0.1862.1.6.3": "web",
}
"""Source: RFC 8017 app. C, RFC 5758 §3.2, RFC 8410 §3 (signatures); RFC 5280 §4.2.1.4, §4.2.1.12,
RFC 9336 §3.1, Microsoft [MS-WCCE] §2.2.2.7.7.5 (usages); ETSI EN 319 411-2 §5.3 (policies);
RFC 3739 §3.2.6, ETSI EN 319 412-5 §4 (statements)."""

_WORDS = {
    "2.16.792.1.61.0.1.5070.1.1": "identifier-qualified",
    "2.16.792.1.61.0.1.5070.2.1": "identifier-qualified",
    "2.16.792.1.61.0.1.5070.1.3": "identifier-corporate-seal",
    "2.16.792.1.61.0.1.5070.2.2": "identifier-qualified-seal",
    "2.16.792.1.2.1.1.5.7.1.1": "identifier-policy-nes",
    "2.16.792.1.2.1.1.5.7.1.8": "identifier-policy-mobile",
    "2.16.792.1.2.1.1.5.7.4.1": "identifier-policy-fiscal",
    "2.16.792.1.2.1.1.5.7.50.1": "identifier-fiscal-signing",
    "2.16.792.1.2.1.1.5.7.50.2": "identifier-fiscal-encryption",
}
"""Source: TÜBİTAK MA3, ECertificate.java and _esyaValues.java; the first policy as in TÜBİTAK's
public test certificates."""


def named(identifier: str, text: Text) -> str:
    """Return an identifier with its name before it, or as it is."""
    word = _WORDS.get(identifier)
    name = text.label(word) if word else _NAMES.get(identifier)
    return f"{name} ({identifier})" if name else escape(identifier)
