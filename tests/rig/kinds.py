# SPDX-License-Identifier: Apache-2.0
"""Certificates of every kind, and ones that no library would make, written byte by byte.

Nobody signed them: what reads certificates here never checks that. The people and institutions
are invented. Each part can be replaced by any bytes.

Source: RFC 5280 §4.1; drivers_notes/certificates.md for what each kind holds.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from tests.rig.certificates import ISSUER_NAME, NES_POLICY, NOTICE, tckn
from tests.rig.der import bits, integer, octets, oid, sequence, tlv, utf8

QC: Final = "0.4.0.1862.1.1"
LAW: Final = "2.16.792.1.61.0.1.5070.1.1"
LAW_2: Final = "2.16.792.1.61.0.1.5070.2.1"
CORPORATE: Final = "2.16.792.1.61.0.1.5070.1.3"
QUALIFIED_SEAL: Final = "2.16.792.1.61.0.1.5070.2.2"
LIMIT: Final = "0.4.0.1862.1.2"
TYPE: Final = "0.4.0.1862.1.6"

MOBILE_POLICY: Final = "2.16.792.1.2.1.1.5.7.1.8"
FISCAL_POLICY: Final = "2.16.792.1.2.1.1.5.7.4.1"
FISCAL_SIGNING: Final = "2.16.792.1.2.1.1.5.7.50.1"
FISCAL_ENCRYPTION: Final = "2.16.792.1.2.1.1.5.7.50.2"
IDENTITY_DATA: Final = "2.16.792.1.2.1.1.5.2.200.1"

SIGNING: Final = (0, 1)
ENCIPHERING: Final = (2, 3)
AUTHORITY: Final = (5, 6)

_SHA384_ECDSA = sequence(oid("1.2.840.10045.4.3.3"))
_P384_GENERATOR = bytes.fromhex(
    "04AA87CA22BE8B05378EB1C71EF320AD746E1D3B628BA79B9859F741E082542A385502F25DBF55296C3A545E3872760AB7"
    "3617DE4A96262C6F5D9E98BF9292DC29F8F41DBD289A147CE9DA3113B5F0B8C00A60B1CE1D7E819D7A431D7C90EA0E5F"
)
"""A public key that is on its curve. Source: SEC 2 §2.5.1."""


def attribute(kind: str, value: bytes) -> bytes:
    """Encode a relative name of one attribute; the value is DER already."""
    return tlv(0x31, sequence(oid(kind), value))


def name(*, cn: bytes, number: bytes | None = None, o: bytes | None = None) -> bytes:
    """Encode a distinguished name of values that are DER already."""
    parts = [attribute("2.5.4.6", tlv(0x13, b"TR"))]
    parts += [attribute("2.5.4.5", number)] if number else []
    parts += [attribute("2.5.4.10", o)] if o else []
    return sequence(*parts, attribute("2.5.4.3", cn))


def extension(kind: str, value: bytes, *, is_critical: bool = False) -> bytes:
    """Encode an extension."""
    return sequence(oid(kind), *([tlv(0x01, b"\xff")] if is_critical else []), octets(value))


def key_usage(*numbers: int) -> bytes:
    """Encode the KeyUsage with these bits, the first few of which have the names."""
    return extension("2.5.29.15", bits(*numbers), is_critical=True)


def policies(*dotted: str) -> bytes:
    """Encode CertificatePolicies without qualifiers."""
    return extension("2.5.29.32", sequence(*(sequence(oid(identifier)) for identifier in dotted)))


def extended(*dotted: str) -> bytes:
    """Encode ExtendedKeyUsage."""
    return extension("2.5.29.37", sequence(*map(oid, dotted)))


def basic(*parts: bytes) -> bytes:
    """Encode BasicConstraints; a BOOLEAN that is true makes an authority."""
    return extension("2.5.29.19", sequence(*parts))


def statement(dotted: str, *information: bytes) -> bytes:
    """Encode a QCStatement."""
    return sequence(oid(dotted), *information)


def qualified(*statements: str | bytes) -> bytes:
    """Encode QCStatements; those of the law carry their notice."""
    return extension(
        "1.3.6.1.5.5.7.1.3",
        sequence(
            *(
                content
                if isinstance(content, bytes)
                else statement(content, *([utf8(NOTICE)] if content.startswith("2.") else []))
                for content in statements
            )
        ),
    )


def limit(currency: bytes, amount: bytes, exponent: bytes) -> bytes:
    """Encode a QcLimitValue."""
    return statement(LIMIT, sequence(currency, amount, exponent))


def moment(text: str) -> bytes:
    """Encode a moment by its length: as UTCTime, or as GeneralizedTime."""
    return tlv(0x17 if len(text.rstrip("Z")) <= len("YYMMDDHHMMSS") else 0x18, text.encode())


@dataclass(frozen=True, kw_only=True)
class Handmade:
    """The parts of a certificate, each as DER; by default those of an NES without extensions."""

    version: bytes = tlv(0xA0, integer(2))
    serial: bytes = integer(0x0A1B2C3D)
    algorithm: bytes = _SHA384_ECDSA
    issuer: bytes = name(cn=utf8(ISSUER_NAME))
    validity: bytes = sequence(moment("250301063001Z"), moment("280229063001Z"))
    subject: bytes = name(cn=utf8("AYŞE ÖRNEK"), number=tlv(0x13, tckn(1).encode()))
    key: bytes = sequence(
        sequence(oid("1.2.840.10045.2.1"), oid("1.3.132.0.34")), tlv(0x03, b"\0" + _P384_GENERATOR)
    )
    extensions: Sequence[bytes] = ()
    tail: bytes = b""
    """What stands in the place of the extensions where there are none."""

    def der(self) -> bytes:
        """Return the certificate with a signature that is none."""
        wrapped = [tlv(0xA3, sequence(*self.extensions))] if self.extensions else [self.tail]
        body = sequence(
            self.version,
            self.serial,
            self.algorithm,
            self.issuer,
            self.validity,
            self.subject,
            self.key,
            *wrapped,
        )
        return sequence(body, self.algorithm, tlv(0x03, b"\0" + sequence(integer(1), integer(1))))


_INSTITUTION = name(cn=utf8("ÖRNEK BELEDİYESİ"), number=tlv(0x13, b"0000000000"))
_OTHER_ISSUER = name(
    cn=utf8("Örnek Nitelikli Elektronik Sertifika Hizmetleri H7"), o=utf8("ÖRNEK GÜVEN A.Ş.")
)

KINDS: dict[str, bytes] = {
    "nes": Handmade(
        extensions=[key_usage(*SIGNING), policies(NES_POLICY), qualified(QC, LAW)]
    ).der(),
    "nes-mobile": Handmade(
        extensions=[key_usage(*SIGNING), policies(MOBILE_POLICY), qualified(QC, LAW)]
    ).der(),
    "nes-other": Handmade(
        issuer=_OTHER_ISSUER, extensions=[key_usage(*SIGNING), qualified(QC, LAW_2)]
    ).der(),
    "qualified-seal": Handmade(
        subject=_INSTITUTION,
        extensions=[key_usage(*SIGNING), qualified(QC, LAW_2, QUALIFIED_SEAL)],
    ).der(),
    "corporate-seal": Handmade(
        subject=_INSTITUTION, extensions=[key_usage(*SIGNING), qualified(QC, LAW, CORPORATE)]
    ).der(),
    "fiscal-seal": Handmade(
        subject=_INSTITUTION,
        extensions=[key_usage(*SIGNING), policies(FISCAL_POLICY), extended(FISCAL_SIGNING)],
    ).der(),
    "fiscal-encryption": Handmade(
        subject=_INSTITUTION,
        extensions=[key_usage(*ENCIPHERING), policies(FISCAL_POLICY), extended(FISCAL_ENCRYPTION)],
    ).der(),
    "identity-card": Handmade(
        extensions=[key_usage(0), extension(IDENTITY_DATA, octets(b"\x11" * 32))]
    ).der(),
    "encryption": Handmade(extensions=[key_usage(*ENCIPHERING)]).der(),
    "authority": Handmade(
        subject=name(cn=utf8(ISSUER_NAME)),
        extensions=[basic(tlv(0x01, b"\xff")), key_usage(*AUTHORITY)],
    ).der(),
    "other": Handmade(extensions=[key_usage(0)]).der(),
}
"""One certificate of each kind, under the kind's own name."""
