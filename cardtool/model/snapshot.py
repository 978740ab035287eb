# SPDX-License-Identifier: Apache-2.0
"""What one workstation looked like at one moment: facts and failures, never meanings.

Construction does not validate, decoding does: check at the border, trust inside. New fields
have defaults, unknown fields are ignored on reading, and `SCHEMA` rises only when older code
would misread a newer file.
"""

import re
from contextlib import suppress
from enum import StrEnum

import msgspec

from cardtool.model.certificate import Certificate
from cardtool.model.limits import ByName, Hex, ListOf, Text, Texts
from cardtool.model.moments import Utc
from cardtool.model.surroundings import Host, Origin, Process, Running, UsbDevice
from cardtool.model.trust import Trust

SCHEMA = 1
"""Number of the snapshot format this version writes."""

SIZE_LIMIT_BYTES = 16 * 1024 * 1024
"""The largest snapshot that is read; a real one is under 100 kB."""


class SnapshotError(ValueError):
    """A text that is not a snapshot this version can read."""


class NewerError(SnapshotError):
    """A snapshot in a format that only a newer version can read."""


class Failure(msgspec.Struct, frozen=True, kw_only=True, tag="failure"):
    """The only way to say that something could not be read."""

    api: Text
    """Which interface refused: os, usb, pcsc, pkcs11, x509 or worker."""
    name: Text
    """That interface's own symbol: SCARD_E_NO_SERVICE, CKR_DEVICE_ERROR, SIGSEGV, TIMEOUT."""
    code: int | None = None
    """That interface's own number, unsigned; None where it has none."""
    detail: Text = ""
    """For support. Only the name of a library that a driver lacks is ever taken out of it."""


class Card(msgspec.Struct, frozen=True, kw_only=True, tag="card"):
    """A card that answered when its reader powered it."""

    atr: Text
    """Answer-to-reset, upper-case hex."""


class Reader(msgspec.Struct, frozen=True, kw_only=True):
    """One reader, as PC/SC describes it without connecting to it."""

    name: Text
    """As PC/SC gives it; may hold anything a device chose to say."""
    states: Texts = ()
    """Set SCARD_STATE_ bits without the prefix: PRESENT, EMPTY, MUTE, INUSE, EXCLUSIVE, ..."""
    card: Card | Failure | None = None
    """None: the slot is empty. Failure: a card is in it that did not answer."""
    event_count: int | None = None
    """Insertions and removals PC/SC counted in this reader; None where it does not count."""
    changes: int = 0
    """How often the card was pulled, swapped or reset while it was read: 0, 1 or 2."""
    differs: bool = False
    """Two readings gave different contents, though PC/SC reported no change of the card."""
    connection: Failure | None = None
    """The error of a shared connection after the reading; None: it worked, or was not tried."""

    @property
    def lasting_name(self) -> str:
        """Return the name without the numbers that PC/SC gives anew at each start."""
        return re.sub(r"( [0-9A-F]{2} [0-9A-F]{2}| [0-9]+)$", "", self.name)


class CertificateObject(msgspec.Struct, frozen=True, kw_only=True):
    """A certificate as it lies on a token."""

    content: Certificate | Failure
    """Failure(x509, ...): the bytes are there, but they are no certificate that can be parsed."""
    sha256: Text
    """Fingerprint of the DER, upper-case hex."""
    label: Text = ""
    """CKA_LABEL. Personal: it holds the T.C. Kimlik No on an NES."""
    id: Text = ""
    """CKA_ID, upper-case hex; neither unique nor always present."""
    der: Hex | None = None
    """The bytes, upper-case hex; None in a redacted snapshot."""


class Token(msgspec.Struct, frozen=True, kw_only=True, tag="token"):
    """What PKCS#11 says of the token in a slot. Source: PKCS#11 v2.40 §3.2, CK_TOKEN_INFO."""

    label: Text
    manufacturer: Text = ""
    model: Text = ""
    serial: Text = ""
    """As printed by the token. Personal: it identifies the card's holder."""
    flags: Texts = ()
    """Names of the set CKF_ bits; a bit without a name as 0x and its hex value."""
    certificates: ListOf[CertificateObject] | Failure = ()
    """All public ones, in the token's order, read without a login."""


class Slot(msgspec.Struct, frozen=True, kw_only=True):
    """One place of a PKCS#11 module."""

    id: int
    description: Text = ""
    """As the module gives it: usually the reader's name, cut to 64 bytes."""
    reader: Text | None = None
    """Name of the PC/SC reader this slot is; None: no reader matches."""
    token: Token | Failure | None = None
    """None: the slot is empty. Failure: the slot or its token could not be read."""


class Library(msgspec.Struct, frozen=True, kw_only=True, tag="library"):
    """What the header of a shared library says, read without loading it."""

    format: Text
    """elf, pe or mach-o."""
    machines: Texts
    """Processors it is for: x86_64, i386, aarch64, arm; several in a universal Mach-O."""
    bits: int
    """64 or 32; of the widest part in a universal Mach-O."""
    size_bytes: int = 0
    """Of the file; two copies of one size are taken for one version."""


class ModuleInfo(msgspec.Struct, frozen=True, kw_only=True, tag="info"):
    """What a loaded module says of itself. Source: PKCS#11 v2.40 §3.1, CK_INFO."""

    description: Text
    manufacturer: Text
    version: Text
    """Library version, major.minor."""


class Source(StrEnum):
    """How a module came to be known."""

    CATALOG = "catalog"
    P11_KIT = "p11-kit"
    CONFIGURED = "configured"


class Module(msgspec.Struct, frozen=True, kw_only=True):
    """One PKCS#11 module that is installed or was asked for."""

    path: Text
    source: Source
    library: Library | Failure
    """Failure(os, ENOENT): no file. Failure(os, ENOEXEC): not a shared library."""
    info: ModuleInfo | Failure | None = None
    """None: it was not loaded, because no card here is for it or its header does not fit."""
    slots: ListOf[Slot] | Failure | None = None
    """None: it was not loaded."""


class LastGood(msgspec.Struct, frozen=True, kw_only=True):
    """The state of this workstation at its last good check, without any person."""

    taken_at: Utc
    release: Text
    """`Host.release`."""
    readers: Texts
    """`Reader.lasting_name` of each."""
    modules: ByName = {}
    """Version by file name, of the modules that were loaded."""
    doubted_at: Utc | None = None
    """The first moment at which the clock was seen to be behind `taken_at`."""


class Snapshot(msgspec.Struct, frozen=True, kw_only=True):
    """What one workstation looked like at one moment."""

    schema: int = SCHEMA
    taken_at: Utc
    tool: Text
    """Name and version of the program that wrote it."""
    host: Host
    readers: ListOf[Reader] | Failure
    """Empty: PC/SC answered that there is none. Failure: PC/SC could not be asked."""
    modules: ListOf[Module] = ()
    elapsed_s: float = 0.0
    usb: ListOf[UsbDevice] | Failure | None = None
    """Readers on USB, and other devices of their makers; None: USB was not read."""
    vanished: Texts = ()
    """Names of readers that were there when the check began and gone when it ended."""
    clients: ListOf[Process] | None = None
    """Programs that use PC/SC, without those of this check; None: they were not looked for."""
    running: Running | None = None
    """Another check, for which this one waited as long as it could; None: there was none. If it is
    set, what could not be read says nothing about reader, card or driver.
    """
    built_at: Utc | None = None
    """When this version was released; a clock that shows an earlier moment is wrong."""
    trust: ListOf[Trust] | None = None
    """What issuers said of each end entity's certificate; None: they were not asked."""
    last_good: LastGood | None = None
    """None: there was no good check of this workstation, or its state was not kept."""
    seen: Texts | None = None
    """The links of the chain that are known, if another program's output or a file was read. None:
    cardtool made the check, so all are known.
    """
    origin: Origin | None = None
    """Who sent it; None: it was not sent."""

    def tokens(self) -> tuple[tuple[Module, Slot, Token], ...]:
        """Return every token that was read, with its place, in the order of the reading."""
        return tuple(
            (module, slot, slot.token)
            for module in self.modules
            if isinstance(module.slots, tuple)
            for slot in module.slots
            if isinstance(slot.token, Token)
        )

    def certificates(self) -> tuple[CertificateObject, ...]:
        """Return every certificate that was read, once for each reading."""
        lists = (token.certificates for _, _, token in self.tokens())
        return tuple(stored for read in lists if isinstance(read, tuple) for stored in read)


class _SchemaOnly(msgspec.Struct, frozen=True, kw_only=True):
    schema: int


class _Document(msgspec.Struct, frozen=True, kw_only=True):
    snapshot: msgspec.Raw = msgspec.Raw()


# made now: two threads that make the first decoder of a type end the process (model/once.py)
_SCHEMA_ONLY = msgspec.json.Decoder(_SchemaOnly)
_SNAPSHOT = msgspec.json.Decoder(Snapshot)
_DOCUMENT = msgspec.json.Decoder(_Document)


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
        schema = _SCHEMA_ONLY.decode(body).schema
        if schema > SCHEMA:
            text = f"snapshot format {schema} is newer than {SCHEMA}: update cardtool"
            raise NewerError(text)
        return _SNAPSHOT.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise SnapshotError(str(error)) from error


def decode_inside(body: bytes) -> tuple[bytes, Snapshot]:
    """Read a snapshot, or the one inside a saved diagnosis; return its text too.

    Raises:
        SnapshotError: there is none.
    """
    try:
        return body, decode(body)
    except SnapshotError:
        with suppress(msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            if text := bytes(_DOCUMENT.decode(body).snapshot):
                return text, decode(text)
        raise
