# SPDX-License-Identifier: Apache-2.0
"""What a certificate holds, as facts. Rules decide which kind of certificate it is."""

from datetime import datetime

import msgspec

from cardtool.model.limits import ListOf, Text, Texts
from cardtool.model.moments import Utc

LISTED = "LISTED"
"""Failure in place of certificates that another program named without showing what is in them."""

ATTRIBUTES = "ATTRIBUTE_CERTIFICATE"
"""Name of the `Failure(x509, ...)` of an attribute certificate, which holds no key.

Source: RFC 5755.
"""


class Attribute(msgspec.Struct, frozen=True, kw_only=True):
    """One attribute of a distinguished name."""

    type: Text
    """Short name of RFC 4519 (CN, serialNumber, O, C) or the dotted object identifier."""
    value: Text


class Name(msgspec.Struct, frozen=True, kw_only=True):
    """A distinguished name in the order of the certificate."""

    attributes: ListOf[Attribute] = ()

    def first(self, kind: str) -> str | None:
        """Return the first value of an attribute type, or None."""
        for attribute in self.attributes:
            if attribute.type == kind:
                return attribute.value
        return None


class MoneyLimit(msgspec.Struct, frozen=True, kw_only=True):
    """The most a qualified certificate may be used for. Source: ETSI EN 319 412-5 §4.3.2."""

    currency: Text
    """ISO 4217, letters or digits as in the certificate."""
    amount: int
    exponent: int
    """The limit is amount times ten to this power."""


class Certificate(msgspec.Struct, frozen=True, kw_only=True, tag="certificate"):
    """The contents of an X.509 certificate. Source: RFC 5280 §4."""

    subject: Name
    issuer: Name
    serial: Text
    """Serial number, upper-case hex without leading zeros. From the certificate, never from the
    token's attribute. `shown_serial` is what people compare.
    """
    not_before_at: Utc
    not_after_at: Utc
    """The last second of validity."""
    key: Text
    """Public key: rsa-2048, ec-secp384r1, ed25519; the dotted identifier where unknown."""
    signature_algorithm: Text
    """Dotted object identifier."""
    is_ca: bool = False
    """By its BasicConstraints."""
    key_usage: Texts = ()
    """Names of RFC 5280 §4.2.1.3: digitalSignature, nonRepudiation, ..."""
    extended_key_usage: Texts = ()
    policies: Texts = ()
    """Certificate policies, dotted object identifiers as before."""
    qc_statements: Texts = ()
    """Statement identifiers of the QCStatements extension. Source: RFC 3739 §3.2.6."""
    qc_types: Texts = ()
    """Types of QcType, dotted object identifiers. Source: ETSI EN 319 412-5 §4.2.3."""
    qc_limit: MoneyLimit | None = None
    subject_key_id: Text = ""
    authority_key_id: Text = ""
    """Upper-case hex, like the one before; empty where the extension is missing."""
    crl_urls: Texts = ()
    ocsp_urls: Texts = ()
    ca_issuer_urls: Texts = ()
    other_extensions: Texts = ()
    """Extensions that no other field shows, as dotted object identifiers."""
    unreadable: Texts = ()
    """Names of the parts that are there and could not be read: subject, keyUsage, 1.2.3.4, ..."""

    @property
    def holder(self) -> str:
        """Return the name of the person or organisation in it, `-` if there is none."""
        return self.subject.first("CN") or self.subject.first("O") or "-"

    @property
    def person(self) -> str:
        """Return what tells people apart: the identity number, or else the name."""
        return self.subject.first("serialNumber") or self.holder

    @property
    def issuer_name(self) -> str:
        """Return the issuer's name as certificates show it, `-` if it has no name."""
        return self.issuer.first("CN") or self.issuer.first("O") or "-"

    @property
    def shown_serial(self) -> str:
        """Return the serial number in whole bytes, as openssl, Windows and issuers show it."""
        digits = self.serial.removeprefix("-")
        if len(digits) % 2 == 0 or self.serial.startswith("~"):
            return self.serial
        return self.serial.replace(digits, f"0{digits}")


class Judged(msgspec.Struct, frozen=True, kw_only=True):
    """What rules say of one certificate."""

    kind: str
    """A `rules.kinds.Kind`; `[label]` has its name after `kind-`."""
    ends_at: datetime
    """Its last second, or that of an issuer on the same card that ends first."""
