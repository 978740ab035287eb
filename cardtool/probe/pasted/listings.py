# SPDX-License-Identifier: Apache-2.0
"""Reads what pcsc_scan, opensc-tool and pkcs11-tool print, line by line, and knows the others.

OpenSC's tools were run; the output of pcsc_scan is known from its source.
"""

import re
from collections.abc import Callable

from msgspec.structs import replace

from cardtool.catalog.atr import answers
from cardtool.model.certificate import LISTED
from cardtool.model.snapshot import Failure, Reader, Slot, Token
from cardtool.probe.pasted import certutil, systems
from cardtool.probe.pasted.parts import (
    MOST,
    Parts,
    Readers,
    module,
    of_failure,
    of_readers,
    with_card,
)

_PCSC_READER = re.compile(r"\s?(?:Reader )?(\d{1,3})(?::| \() ?(.+?)\)?$")
_OPENSC_READER = re.compile(r"(\d{1,3})\s{2,8}(Yes|No)\s+(?:PIN pad(?:,\S+)?\s+)?(\S.*)$")
_OPENSC_OLD = re.compile(r"\d{1,3}\s{2,8}(?:pcsc|openct|ctapi)\s{2,12}(\S.*)$")
"""Source: OpenSC 0.11, src/tools/opensc-tool.c, which names the driver and tells no card."""

_NAMELESS = "-"
_USING = re.compile(r"Using reader with a card: (.+)$")
_SLOT = re.compile(r"Slot (\d{1,9}) \(0x[0-9a-f]{1,16}\): ?(.*)$")
_TOKEN = re.compile(r"\s+token (label|manufacturer|model|flags)\s*: ?(.*)$")
_SERIAL = re.compile(r"\s+serial num\s*: ?(.*)$")
_USED = re.compile(r"Using slot \d{1,9} with a present token \(0x([0-9a-f]{1,16})\)$")
_REFUSED = re.compile(r"SCardEstablishContext: (.+?\.)")
_REFUSALS = {
    "Service not available.": ("SCARD_E_NO_SERVICE", 0x8010001D),
    "Service was stopped.": ("SCARD_E_SERVICE_STOPPED", 0x8010001E),
    "Access denied.": ("SCARD_W_SECURITY_VIOLATION", 0x8010006A),
}
"""Source: pcsc-lite, error.c."""

_FLAGS = {
    "rng": "CKF_RNG",
    "readonly": "CKF_WRITE_PROTECTED",
    "login required": "CKF_LOGIN_REQUIRED",
    "PIN initialized": "CKF_USER_PIN_INITIALIZED",
    "PIN pad present": "CKF_PROTECTED_AUTHENTICATION_PATH",
    "token initialized": "CKF_TOKEN_INITIALIZED",
    "user PIN count low": "CKF_USER_PIN_COUNT_LOW",
    "final user PIN try": "CKF_USER_PIN_FINAL_TRY",
    "user PIN locked": "CKF_USER_PIN_LOCKED",
    "user PIN to be changed": "CKF_USER_PIN_TO_BE_CHANGED",
    "SO PIN count low": "CKF_SO_PIN_COUNT_LOW",
    "final SO PIN try": "CKF_SO_PIN_FINAL_TRY",
    "SO PIN locked": "CKF_SO_PIN_LOCKED",
    "SO PIN to be changed": "CKF_SO_PIN_TO_BE_CHANGED",
}
"""Source: OpenSC, src/tools/pkcs11-tool.c."""

_CERTIFICATE = "Certificate Object;"
"""What pkcs11-tool -O begins with for each certificate; it shows neither bytes nor dates."""

_WAITING = "Waiting for the first reader..."
"""What pcsc_scan prints if there is no reader. Source: pcsc-tools, pcsc_scan.c."""

_SPINNER = " |/-\\\b"
"""Signs that follow it while the program waits."""

_NONE = "No smart card readers found."
"""What opensc-tool prints if there is no reader, or no service that could tell."""


def read(lines: list[str]) -> Parts | None:
    """Return what a program's output shows; None: the program is not known."""
    text = "\n".join(lines[:200])
    for is_it, parse in _KINDS:
        if is_it.search(text):
            return parse(lines)
    return None


def _pcsc_scan(lines: list[str]) -> Parts:
    readers: Readers = {}
    name, atrs = "", dict(answers(lines))
    for number, line in enumerate(lines):
        if refused := _REFUSED.match(line):
            refusal, code = _REFUSALS.get(refused[1], (refused[1], None))
            return of_failure("pcsc_scan", refusal, code, "linux")
        if (found := _PCSC_READER.match(line)) and len(readers) < MOST:
            name = found[2].strip()
            readers.setdefault(name, Reader(name=name))
        elif name and "Card state:" in line:
            states, is_in = ["PRESENT"], "inserted" in line
            states += ["EXCLUSIVE"] * ("Exclusive" in line) + ["INUSE"] * ("Shared" in line)
            states += ["MUTE"] * ("Unresponsive" in line)
            mute = Failure(api="pcsc", name="SCARD_STATE_MUTE")
            card = mute if "MUTE" in states else None
            states = states if is_in else ["EMPTY"]
            readers[name] = Reader(name=name, states=tuple(states), card=card if is_in else None)
        elif name and "ATR:" in line and number in atrs:
            readers[name] = with_card(readers[name], atrs[number])
    waits = any(line.rstrip(_SPINNER).endswith(_WAITING) for line in lines)
    return of_readers("pcsc_scan", readers, has_all=waits, platform="linux")


def _opensc_tool(lines: list[str]) -> Parts:
    readers: Readers = {}
    name, atrs = "", dict(answers(lines))
    for number, line in enumerate(lines):
        if (found := _OPENSC_READER.match(line)) and len(readers) < MOST:
            name = found[3]
            state = "PRESENT" if found[2] == "Yes" else "EMPTY"
            readers[name] = Reader(name=name, states=(state,))
        elif (found := _OPENSC_OLD.match(line)) and len(readers) < MOST:
            readers.setdefault(found[1], Reader(name=found[1]))
        elif (found := _USING.match(line)) and len(readers) < MOST:
            name = found[1]
            readers.setdefault(name, Reader(name=name, states=("PRESENT",)))
        elif name and "Card not present" in line:
            readers[name] = Reader(name=name, states=("EMPTY",))
        elif number in atrs:
            name = name or _NAMELESS  # the line with its name went to standard error
            readers[name] = with_card(readers.get(name, Reader(name=name)), atrs[number])
    shown = of_readers("opensc-tool", readers, has_all=False)
    return shown if readers else replace(shown, seen=("reader",) * (_NONE in lines))


def _pkcs11_tool(lines: list[str]) -> Parts:
    slots: list[Slot] = []
    token: Token | None = None
    used, has_certificates = -1, False
    for line in lines:
        if (found := _SLOT.match(line)) and len(slots) < MOST:
            slots.append(Slot(id=int(found[1]), description=found[2]))
            token = None
        elif slots and line.strip() == "(token not recognized)":
            failure = Failure(api="pkcs11", name="CKR_TOKEN_NOT_RECOGNIZED", code=0xE1)
            slots[-1] = replace(slots[-1], token=failure)
        elif slots and (found := _TOKEN.match(line)):
            value: str | tuple[str, ...] = found[2]
            if found[1] == "flags":
                value = tuple(_FLAGS[flag] for flag in found[2].split(", ") if flag in _FLAGS)
            token = replace(token or Token(label=""), **{found[1]: value})
            slots[-1] = replace(slots[-1], token=token)
        elif token and (found := _SERIAL.match(line)):
            slots[-1] = replace(slots[-1], token=replace(token, serial=found[1]))
        elif found := _USED.match(line):
            used = int(found[1], 16)
        has_certificates |= line.startswith(_CERTIFICATE)
    seen: tuple[str, ...] = ("token", "pin") if slots else ("token",)
    if has_certificates:
        seen = (*seen, "certificate") if slots else ("certificate",)
        slots = _with_certificates(slots, used)
    return Parts(
        tool="pkcs11-tool",
        seen=seen,
        modules=(module("pkcs11-tool", *slots),),
    )


def _with_certificates(slots: list[Slot], used: int) -> list[Slot]:
    """Return the slots where the one that was used has certificates of which no byte was seen.

    Which one that is goes to standard error: if it is not known, the first token counts.
    """
    with_token = [slot for slot in slots if isinstance(slot.token, Token)]
    mine = next((slot for slot in with_token if slot.id == used), (*with_token, None)[0])
    failure = Failure(api="other", name=LISTED)
    if mine is None or not isinstance(mine.token, Token):
        token = Token(label="", certificates=failure)
        return [*slots, Slot(id=0, description="pkcs11-tool", token=token)]
    listed = replace(mine, token=replace(mine.token, certificates=failure))
    return [listed if slot is mine else slot for slot in slots]


_KINDS: tuple[tuple[re.Pattern[str], Callable[[list[str]], Parts]], ...] = (
    (certutil.KIND, certutil.read),
    (systems.PROFILER, systems.profiler),
    (systems.PCSCD, systems.pcscd),
    (
        re.compile(
            r"Scanning present readers|PC/SC device scanner|^SCardEst"
            r"|^ ?Reader \d{1,3}: .*\n(?: +Event number: .*\n)? +Card state: ",
            re.MULTILINE,
        ),
        _pcsc_scan,
    ),
    (re.compile(r"^Available slots:|^Slot \d{1,9} \(0x", re.MULTILINE), _pkcs11_tool),
    (re.compile(r"^(?:Certificate|Public Key|Private Key) Object; ", re.MULTILINE), _pkcs11_tool),
    (
        re.compile(
            rf"^# Detected readers|^Readers known about:|^Using reader with|^{_NONE}", re.MULTILINE
        ),
        _opensc_tool,
    ),
    (re.compile(r"\A\s*(?:ATR\W{0,3})?3[BF][0-9A-F :-]{2,120}\s*\Z", re.IGNORECASE), _opensc_tool),
)
"""How the output of each program is recognised, and the function that reads it."""
