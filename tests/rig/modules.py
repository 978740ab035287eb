# SPDX-License-Identifier: Apache-2.0
"""PKCS#11 modules that misbehave, or say exactly what a test wants, compiled on demand.

One C source for all of them; what differs is a generated header, so nothing is read at run time
and no environment can change what a module does.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

from tests.rig.compiler import compile_library

CKR_GENERAL_ERROR = 0x05
CKR_ARGUMENTS_BAD = 0x07
CKR_DEVICE_ERROR = 0x30
CKR_DEVICE_REMOVED = 0x32
CKR_TOKEN_NOT_PRESENT = 0xE0
CKR_TOKEN_NOT_RECOGNIZED = 0xE1

CKF_TOKEN_PRESENT = 0x01
CKF_REMOVABLE_DEVICE = 0x02
CKF_HW_SLOT = 0x04

CKF_LOGIN_REQUIRED = 0x04
CKF_USER_PIN_INITIALIZED = 0x08
CKF_TOKEN_INITIALIZED = 0x400
CKF_USER_PIN_COUNT_LOW = 0x10000
CKF_USER_PIN_FINAL_TRY = 0x20000
CKF_USER_PIN_LOCKED = 0x40000
CKF_USER_PIN_TO_BE_CHANGED = 0x80000
CKF_SO_PIN_LOCKED = 0x400000
HEALTHY = CKF_LOGIN_REQUIRED | CKF_USER_PIN_INITIALIZED | CKF_TOKEN_INITIALIZED
"""The flags of a token whose PIN is set and was last entered right."""

Place = Literal[
    "ON_LOAD", "IN_INITIALIZE", "IN_GET_SLOT_LIST", "IN_GET_TOKEN_INFO", "IN_FIND_OBJECTS"
]

SOURCE = Path(__file__).with_name("modules") / "scripted.c"
_PLACES: tuple[Place, ...] = get_args(Place)
_LOOP = 'for (;;) { __asm__ volatile(""); }'

HOSTILE: Mapping[str, Mapping[Place, str]] = {
    "abort-on-load": {"ON_LOAD": "abort();"},
    "abort-in-slot-list": {"IN_GET_SLOT_LIST": "abort();"},
    "hang-in-initialize": {"IN_INITIALIZE": _LOOP},
    "hang-in-token-info": {"IN_GET_TOKEN_INFO": _LOOP},
    "print-on-load": {
        "ON_LOAD": 'puts("driver 1.0 {}"); fflush(stdout); fputs("driver: hello\\n", stderr);'
    },
    "initialize-fails": {"IN_INITIALIZE": "return CKR_GENERAL_ERROR;"},
    "null-initialize-only": {"IN_INITIALIZE": "if (arguments) return CKR_ARGUMENTS_BAD;"},
}
"""What goes wrong, by name: a statement of C for a place in the module.

"null-initialize-only" is how AKİS's module takes C_Initialize on macOS and some Linux builds.
"""


@dataclass(frozen=True, kw_only=True)
class Slot:
    """One slot of a scripted module, and the token in it."""

    description: str = "ACS ACR39U ICC Reader 00 00"
    slot_info: int = 0
    """What C_GetSlotInfo returns, CKR_OK being 0."""
    token_info: int = 0
    """What C_GetTokenInfo and C_OpenSession return."""
    slot_flags: int = CKF_TOKEN_PRESENT | CKF_REMOVABLE_DEVICE | CKF_HW_SLOT
    token_flags: int = HEALTHY
    label: str = "AKIS_0A1B2C3D4E5F6071"
    manufacturer: str = "TUBITAK UEKAE"
    serial: str = "0A1B2C3D4E5F6071"
    certificates: Sequence[tuple[str, bytes]] = ()
    """Label and DER of each; the identifier is the place in the list, counted from one."""


@dataclass(frozen=True, kw_only=True)
class Module:
    """A compiled module, and the place where it writes down every C_Login."""

    path: Path
    login_log: Path

    @property
    def logins(self) -> int:
        """How often C_Login was called, in any process."""
        return len(self.log)

    @property
    def log(self) -> list[str]:
        """What was written down, a line for each call."""
        return self.login_log.read_text().splitlines() if self.login_log.exists() else []


def scripted_module(
    folder: Path,
    slots: Sequence[Slot] = (),
    *,
    name: str = "scripted",
    code: Mapping[Place, str] | None = None,
    constant: bool = False,
    headers: Sequence[str] = (),
) -> Module:
    """Compile a module with these slots into the folder.

    `code` is C to run in places, as in `HOSTILE`; `constant` puts the function list into
    read-only memory, as some vendors do. `headers` are C's, for what the code calls.
    """
    module = Module(path=folder / f"{name}.so", login_log=folder / f"{name}.logins")
    include = folder / f"{name}.include"
    include.mkdir()
    (include / "script.h").write_text(
        "\n".join(
            (
                f"#define LOGIN_LOG {_string(str(module.login_log).encode())}",
                f"#define LIST_IS {'const' if constant else ''}",
                *(f"#define CODE_{place} {(code or {}).get(place, '')}" for place in _PLACES),
                *_tables(slots),
            )
        )
    )
    included = (option for header in headers for option in ("-include", header))
    options = (f"-I{include}", "-Wno-override-init", "-Wno-unused", "-D_GNU_SOURCE", *included)
    compile_library(SOURCE, module.path, *options)
    return module


def hostile_module(folder: Path, name: str) -> Module:
    """Compile the module of that name in `HOSTILE`, with one healthy slot otherwise."""
    return scripted_module(folder, [Slot()], name=name, code=HOSTILE[name])


def library_for_another_machine(path: Path) -> Path:
    """Write the header of a shared library for 32-bit x86, which no 64-bit process loads."""
    elf32, little_endian, version, shared_object, i386, header_size = 1, 1, 1, 3, 3, 52
    header = bytearray(header_size)
    header[0:7] = b"\x7fELF" + bytes((elf32, little_endian, version))
    header[16:18] = shared_object.to_bytes(2, "little")
    header[18:20] = i386.to_bytes(2, "little")
    header[20] = version
    header[40:42] = header_size.to_bytes(2, "little")
    path.write_bytes(header + bytes(4096))
    return path


def text_file(path: Path) -> Path:
    """Write what a user may take for a library: a text."""
    path.write_text("This is not a library.\n" * 10)
    return path


def truncated_library(path: Path) -> Path:
    """Write the first bytes of a library of this machine, as an interrupted download leaves it."""
    path.write_bytes(Path("/proc/self/exe").read_bytes()[:40])
    return path


def _tables(slots: Sequence[Slot]) -> list[str]:
    lines = [f"#define SLOT_COUNT {len(slots)}ul"]
    for number, slot in enumerate(slots):
        rows = []
        for place, (label, der) in enumerate(slot.certificates):
            data = ",".join(map(str, der))
            lines.append(f"static const CK_BYTE value_{number}_{place}[] = {{{data}}};")
            rows.append(f"{{{_string(label.encode())}, value_{number}_{place}, {len(der)}}},")
        lines.append(
            f"static const Certificate certificates_{number}[] = {{{''.join(rows)} {{0, 0, 0}}}};"
        )
    lines.append("static const Slot SLOTS[] = {")
    lines += [_row(number, slot) for number, slot in enumerate(slots)]
    lines.append("{0}};\n")
    return lines


def _row(number: int, slot: Slot) -> str:
    texts = (slot.label, slot.manufacturer, slot.serial)
    return (
        f"{{{_string(slot.description.encode())}, {slot.slot_info}, {slot.token_info},"
        f" {slot.slot_flags}, {slot.token_flags},"
        f" {', '.join(_string(text.encode()) for text in texts)},"
        f" certificates_{number}, {len(slot.certificates)}}},"
    )


def _string(text: bytes) -> str:
    """Write bytes as a C string, every one in octal, so that nothing is left to escape."""
    return '"' + "".join(f"\\{byte:03o}" for byte in text) + '"'
