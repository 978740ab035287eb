# SPDX-License-Identifier: Apache-2.0
"""What one workstation looked like at one moment: facts and failures, never meanings.

Construction does not validate, decoding does: check at the border, trust inside. New fields
have defaults, unknown fields are ignored on reading, and `SCHEMA` rises only when older code
would misread a newer file.
"""

from datetime import datetime
from enum import StrEnum
from typing import Annotated

import msgspec

SCHEMA = 1
"""Number of the snapshot format this version writes."""

SIZE_LIMIT_BYTES = 16 * 1024 * 1024
"""The largest snapshot that is read; a real one is under 100 kB."""

Utc = Annotated[datetime, msgspec.Meta(tz=True)]
"""A moment with an offset; a naive one is refused."""


class SnapshotError(ValueError):
    """A text that is not a snapshot this version can read."""


class NewerError(SnapshotError):
    """A snapshot in a format that only a newer version can read."""


class Failure(msgspec.Struct, frozen=True, kw_only=True, tag="failure"):
    """The only way to say that something could not be read."""

    api: str
    """Which interface refused: os, pcsc, pkcs11, x509 or worker."""
    name: str
    """That interface's own symbol: SCARD_E_NO_SERVICE, CKR_DEVICE_ERROR, SIGSEGV, TIMEOUT."""
    code: int | None = None
    """That interface's own number, unsigned; None where it has none."""
    detail: str = ""
    """For support, never parsed."""


class Host(msgspec.Struct, frozen=True, kw_only=True):
    """The machine and the process that looked."""

    name: str
    """Network name of the machine."""
    platform: str
    """As sys.platform: linux, win32 or darwin."""
    release: str
    """The system's own name for its version, for people."""
    machine: str
    """What this process runs as, by the names of `Library.machines`: x86_64, i386, aarch64."""
    bits: int
    """Pointer size of this process: 64 or 32."""
    python: str
    """Version of the interpreter."""
    pcscd: str | None = None
    """Path of the PC/SC daemon; None: not found, or the system has none because it needs none."""


class Card(msgspec.Struct, frozen=True, kw_only=True, tag="card"):
    """A card that answered when its reader powered it."""

    atr: str
    """Answer-to-reset, upper-case hex."""


class Reader(msgspec.Struct, frozen=True, kw_only=True):
    """One reader, as PC/SC describes it without connecting to it."""

    name: str
    """As PC/SC gives it; may hold anything a device chose to say."""
    states: tuple[str, ...] = ()
    """Set SCARD_STATE_ bits without the prefix: PRESENT, EMPTY, MUTE, INUSE, EXCLUSIVE, ..."""
    card: Card | Failure | None = None
    """None: the slot is empty. Failure: a card is in it that did not answer."""
    event_count: int | None = None
    """Insertions and removals PC/SC counted in this reader; None where it does not count."""
    changes: int = 0
    """How often the card was pulled or swapped while its token was being read: 0, 1 or 2."""


class Attribute(msgspec.Struct, frozen=True, kw_only=True):
    """One attribute of a distinguished name."""

    type: str
    """Short name of RFC 4519 (CN, serialNumber, O, C) or the dotted object identifier."""
    value: str


class Name(msgspec.Struct, frozen=True, kw_only=True):
    """A distinguished name in the order of the certificate."""

    attributes: tuple[Attribute, ...] = ()

    def first(self, kind: str) -> str | None:
        """Return the first value of an attribute type, or None."""
        return next((each.value for each in self.attributes if each.type == kind), None)


class Certificate(msgspec.Struct, frozen=True, kw_only=True, tag="certificate"):
    """The contents of an X.509 certificate. Source: RFC 5280 §4."""

    subject: Name
    issuer: Name
    serial: str
    """Serial number, upper-case hex; from the certificate, never from the token's attribute."""
    not_before_at: Utc
    not_after_at: Utc
    """The last second of validity."""
    key: str
    """Public key: rsa-2048, ec-secp384r1, ed25519; the dotted identifier where unknown."""
    signature_algorithm: str
    """Dotted object identifier."""
    is_ca: bool = False
    """BasicConstraints say that it is a certification authority's."""
    key_usage: tuple[str, ...] = ()
    """Names of RFC 5280 §4.2.1.3: digitalSignature, nonRepudiation, ..."""
    extended_key_usage: tuple[str, ...] = ()
    """Dotted object identifiers."""
    policies: tuple[str, ...] = ()
    """Certificate policies, dotted object identifiers."""
    qc_statements: tuple[str, ...] = ()
    """Statement identifiers of the QCStatements extension. Source: RFC 3739 §3.2.6."""
    subject_key_id: str = ""
    """Upper-case hex; empty where the extension is missing."""
    authority_key_id: str = ""
    """Upper-case hex; empty where the extension is missing."""
    crl_urls: tuple[str, ...] = ()
    ocsp_urls: tuple[str, ...] = ()
    ca_issuer_urls: tuple[str, ...] = ()


class CertificateObject(msgspec.Struct, frozen=True, kw_only=True):
    """A certificate as it lies on a token."""

    content: Certificate | Failure
    """Failure(x509, ...): the bytes are there, but they are no certificate that can be parsed."""
    sha256: str
    """Fingerprint of the DER, upper-case hex."""
    label: str = ""
    """CKA_LABEL. Personal: it holds the T.C. Kimlik No on an NES."""
    id: str = ""
    """CKA_ID, upper-case hex; neither unique nor always present."""
    der: str | None = None
    """The bytes, upper-case hex; None in a redacted snapshot."""


class Token(msgspec.Struct, frozen=True, kw_only=True, tag="token"):
    """What PKCS#11 says of the token in a slot. Source: PKCS#11 v2.40 §3.2, CK_TOKEN_INFO."""

    label: str
    manufacturer: str = ""
    model: str = ""
    serial: str = ""
    """As printed by the token. Personal: it identifies the card's holder."""
    flags: tuple[str, ...] = ()
    """Names of the set CKF_ bits; a bit without a name as 0x and its hex value."""
    certificates: tuple[CertificateObject, ...] | Failure = ()
    """All public ones, in the token's order, read without a login."""


class Slot(msgspec.Struct, frozen=True, kw_only=True):
    """One place of a PKCS#11 module."""

    id: int
    description: str = ""
    """As the module gives it: usually the reader's name, cut to 64 bytes."""
    reader: str | None = None
    """Name of the PC/SC reader this slot is; None: no reader matches."""
    token: Token | Failure | None = None
    """None: the slot is empty. Failure: the slot or its token could not be read."""


class Library(msgspec.Struct, frozen=True, kw_only=True, tag="library"):
    """What the header of a shared library says, read without loading it."""

    format: str
    """elf, pe or mach-o."""
    machines: tuple[str, ...]
    """Processors it is for: x86_64, i386, aarch64, arm; several in a universal Mach-O."""
    bits: int
    """64 or 32; of the widest part in a universal Mach-O."""


class ModuleInfo(msgspec.Struct, frozen=True, kw_only=True, tag="info"):
    """What a loaded module says of itself. Source: PKCS#11 v2.40 §3.1, CK_INFO."""

    description: str
    manufacturer: str
    version: str
    """Library version, major.minor."""


class Source(StrEnum):
    """How a module came to be known."""

    CATALOG = "catalog"
    P11_KIT = "p11-kit"
    CONFIGURED = "configured"


class Module(msgspec.Struct, frozen=True, kw_only=True):
    """One PKCS#11 module that is installed or was asked for."""

    path: str
    source: Source
    library: Library | Failure
    """Failure(os, ENOENT): no file. Failure(os, ENOEXEC): not a shared library."""
    info: ModuleInfo | Failure | None = None
    """None: it was not loaded, because no card here is for it or its header does not fit."""
    slots: tuple[Slot, ...] | Failure | None = None
    """None: it was not loaded."""


class Snapshot(msgspec.Struct, frozen=True, kw_only=True):
    """What one workstation looked like at one moment."""

    schema: int = SCHEMA
    taken_at: Utc
    tool: str
    """Name and version of the program that looked."""
    host: Host
    readers: tuple[Reader, ...] | Failure
    """Empty: PC/SC answered that there is none. Failure: PC/SC could not be asked."""
    modules: tuple[Module, ...] = ()
    elapsed_s: float = 0.0
    """How long the look took."""

    def tokens(self) -> tuple[tuple[Module, Slot, Token], ...]:
        """Return every token that was read, with its place, in the order of the reading."""
        return tuple(
            (module, slot, slot.token)
            for module in self.modules
            if isinstance(module.slots, tuple)
            for slot in module.slots
            if isinstance(slot.token, Token)
        )


class _SchemaOnly(msgspec.Struct, frozen=True, kw_only=True):
    schema: int


def encode(snapshot: Snapshot) -> bytes:
    """Write a snapshot as indented UTF-8 JSON that ends with a newline."""
    return msgspec.json.format(msgspec.json.encode(snapshot), indent=2) + b"\n"


def decode(body: bytes) -> Snapshot:
    """Read a snapshot.

    Raises:
        SnapshotError: not JSON, not a snapshot (with the path of what is wrong), or larger than
            `SIZE_LIMIT_BYTES`.
        NewerError: written by a version whose format is newer.
    """
    if len(body) > SIZE_LIMIT_BYTES:
        text = f"larger than {SIZE_LIMIT_BYTES} bytes, so it is no snapshot"
        raise SnapshotError(text)
    try:
        schema = msgspec.json.decode(body, type=_SchemaOnly).schema
        if schema > SCHEMA:
            text = f"snapshot format {schema} is newer than {SCHEMA}: update cardtool"
            raise NewerError(text)
        return msgspec.json.decode(body, type=Snapshot)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise SnapshotError(str(error)) from error
