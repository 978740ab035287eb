# SPDX-License-Identifier: Apache-2.0
"""The only question that carries a PIN, and how it is sent to the worker. Nothing native.

The PIN is the line after the question on the worker's standard input. It is part of no record, so
it can be in no answer, no failure and no log.
"""

import ctypes
import os
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from enum import StrEnum

import msgspec
from msgspec.structs import replace

from cardtool.deadline import Deadline
from cardtool.model.snapshot import Failure, Module, Snapshot
from cardtool.probe import opensc, reading
from cardtool.probe.check_lock import CheckLock
from cardtool.probe.isolation import LostWorkerError, Worker

PIN_LIMIT_BYTES = 64  # longer than any card's PIN, so a longer text is none

_LOGGING = ("DEBUG", "TRACE", "SPY", "OPENSC_CONF")
"""Parts of the names of variables that can make a library log what it is given, a PIN too.

Source: opensc.conf(5), pkcs11-spy(1), p11-kit(8).
"""

_PR_SET_DUMPABLE = 4  # source: prctl(2), linux/prctl.h


class Sign(msgspec.Struct, frozen=True, kw_only=True, tag="sign"):
    """Job sign: log in once, sign a random number, verify it. The PIN is the next line."""

    path: str
    environment: dict[str, str] = {}
    """Variables set in the worker before the module is loaded."""
    slot_id: int
    flags: tuple[str, ...]
    """The token's flags at the consent; if the state of the PIN differs, nothing is tried."""
    sha256: str
    """Fingerprint of the certificate whose key is to sign."""


class Signed(msgspec.Struct, frozen=True, kw_only=True, tag="signed"):
    """The card signed, and its certificate verified that."""

    mechanism: str
    """CKM_ name of the standard."""


class Why(StrEnum):
    """Where signing ended. From LOGIN on, the PIN was tried; after LOGIN, the PIN was right."""

    UNREACHED = "unreached"
    """The module or its token could not be opened."""
    CHANGED = "changed"
    """The token, the certificate or the state of the PIN is not the one that a person agreed to."""
    NO_MECHANISM = "no-mechanism"
    LOGIN = "login"
    NO_KEY = "no-key"
    NOT_SIGNED = "not-signed"
    NOT_VERIFIED = "not-verified"
    """A signature was made, but not by the certificate's key."""


class Unsigned(msgspec.Struct, frozen=True, kw_only=True, tag="unsigned"):
    """The card did not sign."""

    why: Why
    reason: Failure | None = None
    """The module's error, if it gave one."""
    flags: tuple[str, ...] | None = None
    """The token's flags after the login was refused; None: not asked for, or no answer."""


_ANSWER = msgspec.json.Decoder[Signed | Unsigned | Failure](Signed | Unsigned | Failure)


def sign(question: Sign, pin: bytes, *, timeout_s: float) -> Signed | Unsigned | Failure:
    """Have a new worker sign; a `Failure(worker, ...)` if it hangs, crashes or is at fault.

    If another check is using the cards, wait for it; `Failure(worker, WAITED)` if that takes too
    long. The worker is asked once, whatever it answers, and never killed. No failure has a detail:
    a text of a library or a traceback could contain the PIN.
    """
    lock, deadline = CheckLock(), Deadline(timeout_s)
    with closing(lock), Worker("sign", is_mute=True, inherits=lock.descriptor) as worker:
        if not lock.wait(timeout_s / 2):
            return Failure(api="worker", name="WAITED")
        try:
            body = msgspec.json.encode(question) + b"\n" + pin  # and the end of its line
            line = worker.ask(body, timeout_s=deadline.left_s)
            answer: Signed | Unsigned | Failure = _ANSWER.decode(line)
        except LostWorkerError as loss:
            return Failure(api="worker", name=loss.name, code=loss.code)
        except msgspec.DecodeError:
            return Failure(api="worker", name="NONSENSE")
        return replace(answer, detail="") if isinstance(answer, Failure) else answer


@contextmanager
def environment(module: Module, snapshot: Snapshot) -> Iterator[dict[str, str]]:
    """Give the variables that a module was loaded with when its slots were listed.

    With other variables OpenSC would number the slots differently. The machine's own configuration
    may make OpenSC log the PIN, so ours is always used; if the certificate is then in another slot,
    nothing is signed. All modules get it, because a module of another name may load OpenSC too.
    """
    readers = () if isinstance(snapshot.readers, Failure) else snapshot.readers
    with reading.environment(module, readers) as settings:
        yield {"OPENSC_CONF": str(opensc.OURS), **settings}


def remove_logging_variables() -> None:
    """Remove the variables that can make a library log a PIN."""
    for name in tuple(os.environ):
        if any(word in name.upper() for word in _LOGGING):
            del os.environ[name]


def keep_out_of_core() -> None:
    """Forbid dumps of this process's memory; on Linux, also forbid attaching to it.

    Source: setrlimit(2), core(5), prctl(2).
    """
    if sys.platform == "win32":
        return
    import resource  # noqa: PLC0415 - not on Windows

    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
