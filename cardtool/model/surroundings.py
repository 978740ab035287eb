# SPDX-License-Identifier: Apache-2.0
"""What surrounds readers and cards: the machine, USB, services, other programs, and the sender.

Facts in the system's own words, as everywhere in the model; parts of a `Snapshot`.
"""

from enum import StrEnum

import msgspec

from cardtool.model.limits import ListOf, Text, Texts
from cardtool.model.moments import Utc


class UsbDevice(msgspec.Struct, frozen=True, kw_only=True):
    """A device on USB that is a card reader, or of a maker of card readers."""

    vendor: Text
    product: Text
    """Four upper-case hex digits, like `vendor`."""
    maker: Text = ""
    name: Text = ""
    """As the device or its driver says, like `maker`; may hold anything a device chose to say."""
    classes: Texts = ()
    """Interface classes, two upper-case hex digits; 0B is CCID. Source: USB-IF, Class Codes."""
    port: Text = ""
    """Where it is plugged in, by the system's own naming."""
    drivers: Texts | None = None
    """PC/SC reader drivers that list its id, each with its version; None: not known here."""
    problem: int | None = None
    """Windows: the device's problem code, 0 for none. Source: cfg.h, CM_PROB_."""
    allowed: bool = True
    """False: the system is set to block it (Linux: `authorized` is 0)."""
    asleep: bool = False
    fixed: bool = False
    """Linux: the firmware says that nobody can unplug it; elsewhere, and where it says nothing, it
    counts as one that can be. Source: Linux, ABI/testing/sysfs-devices-removable.
    """
    hubs: Texts | None = None
    """Linux: ids of the hubs on the way to it, without those that are `fixed`; an id that could not
    be read is empty. None: not known here.
    """

    @property
    def id(self) -> str:
        """Return `VVVV:PPPP`, as the catalogue has it."""
        return f"{self.vendor}:{self.product}"


class Service(msgspec.Struct, frozen=True, kw_only=True):
    """A service of the system that readers depend on."""

    name: Text
    """The system's own name, which no language changes: SCardSvr, pcscd.socket."""
    state: Text
    """The system's own word: running, stopped, active, inactive, failed; empty: not installed."""
    start: Text = ""
    """How it starts, in the system's own word: automatic, manual, disabled, enabled, masked."""


class Session(msgspec.Struct, frozen=True, kw_only=True):
    """What kind of session this process runs in."""

    id: int | None = None
    """Windows: the session's number, 0 is that of services; None: the system has no such number."""
    marks: Texts = ()
    """What was seen of it: ssh, rdp, xrdp, citrix, horizon, container, flatpak, snap, wsl;
    background: nobody at a screen began it; polkit: a container that has one; rosetta, on-arm: a
    program for Intel runs on a computer with an ARM processor, on macOS or Windows."""


class Process(msgspec.Struct, frozen=True, kw_only=True):
    """A running program."""

    pid: int
    name: Text
    """The program's name without folder or arguments."""


class Running(msgspec.Struct, frozen=True, kw_only=True):
    """Another check of this machine's cards, for which this one had to wait."""

    program: Text
    """Its name, as in `Process`."""
    pid: int | None = None
    """Its process number; None: not known. The process may have ended and left a worker that waits
    for a card."""
    since: Utc
    """When it began, as near as can be told."""


class Driver(msgspec.Struct, frozen=True, kw_only=True):
    """A PC/SC reader driver that is installed."""

    name: Text
    version: Text = ""


class Host(msgspec.Struct, frozen=True, kw_only=True):
    """The machine, and the process that made the check."""

    name: Text
    platform: Text
    """As sys.platform: linux, win32 or darwin."""
    release: Text
    """The system's own name for its version, for people."""
    machine: Text
    """The processor type of this process, as in `Library.machines`: x86_64, i386, aarch64."""
    bits: int
    """Pointer size of this process: 64 or 32."""
    python: Text
    pcscd: Text | None = None
    """Path of the PC/SC daemon; None: not found, or the system has none because it needs none."""
    pcsc_socket: Text | None = None
    """Where the PC/SC daemon listens; None: nothing is there, or the system needs no such file."""
    pcsc_drivers: ListOf[Driver] = ()
    """The PC/SC reader drivers that are installed, where the system keeps them as files."""
    services: ListOf[Service] = ()
    """The services that readers depend on; empty: they were not asked, because all went well."""
    session: Session = Session()


class IdentityPolicy(StrEnum):
    """What of a person leaves a workstation."""

    FULL = "full"
    MASKED = "masked"
    """Numbers lose their middle, names stay; the certificates' bytes are left out."""
    HASHED = "hashed"
    """Every personal value is a keyed hash."""


class Origin(msgspec.Struct, frozen=True, kw_only=True):
    """What the sender of a snapshot says of itself."""

    host_id: Text
    """32 hex digits, which stay when it is renamed and change when it is set up anew."""
    unit: Text = ""
    user: Text = ""
    """Who was logged on, as the policy left it."""
    identity: IdentityPolicy
