# SPDX-License-Identifier: Apache-2.0
"""A card made of a script, on the wire of the virtual reader vpcd.

It knows bytes and faults; what a command means is the business of the function that answers it.
"""

import contextlib
import random
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass

Answer = Callable[[bytes], bytes]
"""From a command APDU to the response with its status word."""

SEND_ATR = 4
"""vpcd's control byte for "send the answer to reset"; 0 is power off, 1 power on, 2 reset."""
AKIS_V1_ATR = bytes.fromhex("3BBA11008131FE4D55454B41452056312E30AE")
"""AKİS V1.0, the only AKİS card that the driver in OpenSC 0.23 knows."""
AKIS_CURRENT_ATR = bytes.fromhex("3B9F978131FE458065544353228231C073F62180810553")
"""AKİS 2.5.2, which OpenSC does not know: only the vendor's module reads it, or its stand-in."""
MYEID_ATR = bytes.fromhex("3BF51800FF8131FE454D794549449A")
"""Aventra MyEID, whose driver in OpenSC reads the same files and asks for the tries left."""
UNKNOWN_ATR = bytes.fromhex("3B6A00000102030405060708090A")
"""No card of the field: ten historical bytes that count."""

_MUTE_ATR = bytes.fromhex("3BFF") + bytes(40)
_SELECT = 0xA4
_TCP_QUICKACK = 12
"""socket.TCP_QUICKACK, which exists on Linux alone. Source: tcp(7)."""


@dataclass(frozen=True, kw_only=True)
class PullOut:
    """The card leaves the reader instead of answering the command after this many."""

    after: int


@dataclass(frozen=True, kw_only=True)
class Swap:
    """The card leaves as in `PullOut`, and another is in as soon as the reader has noticed."""

    after: int
    card: "ScriptedCard"


@dataclass(frozen=True, kw_only=True)
class Silence:
    """The card stays in the reader, and answers nothing more after this many commands."""

    after: int


@dataclass(frozen=True, kw_only=True)
class Noise:
    """Every answer after this many commands is random bytes, the same for the same seed."""

    after: int
    seed: int = 1


@dataclass(frozen=True, kw_only=True)
class Refusal:
    """Every answer after this many commands is one status word, by default a memory failure."""

    after: int
    status: bytes = b"\x65\x81"


@dataclass(frozen=True, kw_only=True)
class Glitch:
    """The card loses contact instead of answering the command after this many, and has it again."""

    after: int
    out_s: float = 0.005
    """Far less than PC/SC needs to notice."""
    each_time: bool = False
    """It loses contact again whenever the same command comes again."""


@dataclass(frozen=True, kw_only=True)
class Truncated:
    """Half of one answer is lost, that to the command after this many."""

    after: int


Fault = PullOut | Swap | Silence | Noise | Refusal | Glitch | Truncated


class ScriptedCard:
    """A card that answers with a function and keeps a log of all it was sent."""

    def __init__(
        self,
        *,
        atr: bytes,
        answer: Answer,
        quick: bool = False,
        delay_s: float = 0.0,
        fault: Fault | None = None,
    ) -> None:
        """Describe the card; it is put into a reader by the service of `tests.rig.pcsc`.

        `quick` acknowledges each packet at once, without which vpcd's wire costs 44 ms a command.
        `delay_s` is what the card itself takes for a command.
        """
        self.atr = atr
        self.quick = quick
        self.delay_s = delay_s
        self.fault = fault
        self.commands: list[bytes] = []
        """Every command APDU received since the card was made, in order."""
        self.controls: list[int] = []
        """Every control byte but the reader's constant asking for the ATR: 0 off, 1 on, 2 reset."""
        self._answer = answer
        self._cut_at: bytes | None = None

    def serve(self, wire: socket.socket) -> "ScriptedCard | None":
        """Be the card on this connection until it ends; returns the card that is in next, if any.

        After a `Swap` that is another card, after a `Glitch` the same.
        """
        wire.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        silent = False
        with wire:
            while message := self._receive(wire):
                if len(message) == 1:
                    if message[0] != SEND_ATR:
                        self.controls.append(message[0])
                        continue
                    reply = self.atr
                else:
                    self.commands.append(message)
                    match self.fault:
                        case PullOut(after=after) if len(self.commands) > after:
                            return None
                        case Swap(after=after, card=card) if len(self.commands) > after:
                            return card
                        case Glitch() as glitch if self._is_cut(glitch, message):
                            return self
                        case Silence(after=after) if len(self.commands) > after:
                            silent = True
                    reply = self._respond(message)
                if not silent:
                    with contextlib.suppress(OSError):
                        wire.sendall(len(reply).to_bytes(2, "big") + reply)
        return None

    def _is_cut(self, glitch: Glitch, command: bytes) -> bool:
        if len(self.commands) == glitch.after + 1:
            self._cut_at = command
            return True
        return glitch.each_time and command == self._cut_at

    def _respond(self, command: bytes) -> bytes:
        time.sleep(self.delay_s)
        match self.fault:
            case Truncated(after=after) if len(self.commands) == after + 1:
                answer = self._answer(command)
                return answer[: len(answer) // 2]
            case Noise(after=after, seed=seed) if len(self.commands) > after:
                chance = random.Random(f"{seed} {len(self.commands)}")  # noqa: S311 (not a secret)
                return chance.randbytes(chance.randint(2, 200))
            case Refusal(after=after, status=status) if len(self.commands) > after:
                return status
        return self._answer(command)

    def _receive(self, wire: socket.socket) -> bytes:
        length = int.from_bytes(self._exactly(wire, 2), "big")
        return self._exactly(wire, length)

    def _exactly(self, wire: socket.socket, size: int) -> bytes:
        received = b""
        while len(received) < size:
            if self.quick:
                # The kernel forgets this after a while, so it is asked for before every read.
                wire.setsockopt(socket.IPPROTO_TCP, _TCP_QUICKACK, 1)
            try:
                piece = wire.recv(size - len(received))
            except OSError:
                return b""
            if not piece:
                return b""
            received += piece
        return received


def unknown_card(atr: bytes = UNKNOWN_ATR) -> ScriptedCard:
    """Make a card of a kind nobody knows: no file is found, no other instruction exists."""
    return ScriptedCard(
        atr=atr, answer=lambda command: b"\x6a\x82" if command[1] == _SELECT else b"\x6d\x00"
    )


def mute_card() -> ScriptedCard:
    """Make a card that is in the reader and cannot be powered, as one put in upside down.

    To vpcd a card without an answer to reset is no card at all. One longer than the 33 bytes there
    may be is seen as present and refused at power-up.

    Source: vsmartcard 3.3, ifd-vpcd.c (IFDHGetCapabilities), Debian 12, pcscd 1.9.9: PC/SC then
    says PRESENT and MUTE, with no ATR.
    """
    return ScriptedCard(atr=_MUTE_ATR, answer=lambda _: b"\x6f\x00")
