# SPDX-License-Identifier: Apache-2.0
"""The child process of `isolation`: one job, one JSON answer for each JSON question.

It imports nothing native before standard output has been redirected, and little else, because a
person waits. The parent checks the answers when it decodes them.
"""

import faulthandler
import importlib.util
import io
import os
import signal
import sys
import time
import traceback
import types
from collections.abc import Callable
from contextlib import suppress
from functools import partial

_IDLE_S = 60.0
"""How long a child waits for its first question before it assumes that its parent has gone."""

_GRACE_S = 10.0
"""How long after a question's deadline a child may wait for its library to return. A child that
ends earlier may end in a transaction, and PC/SC then resets the card. A child that is still talking
to a card gets more time: `supervisor.PATIENCE_S`.
"""

_MEMORY_LIMIT_BYTES = 1024**3
"""What a worker, and each process that it starts, may allocate: over twenty times OpenSC's need."""

_MARGIN_S = 5.0
"""How much later than its supervisor a child ends itself, if the supervisor is gone."""


def main(job: str, idle_s: str = str(_IDLE_S)) -> None:
    """Answer questions until standard input ends; the job is pcsc, watch, pkcs11, online or sign.

    `idle_s` is how long it waits for the first one. A child whose parent was killed is ended, or
    ends itself, even when native code never returns: faulthandler's watchdog is a thread that needs
    no interpreter.
    """
    end_in = _contain()
    questions = os.fdopen(os.dup(0), "rb")
    answers = os.fdopen(os.dup(1), "wb")
    with open(os.devnull, "rb") as nothing:  # noqa: PTH123 - a descriptor is wanted, not a path
        os.dup2(nothing.fileno(), 0)
    os.dup2(2, 1)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent ends at Ctrl-C and closes the input
    end_in(float(idle_s))
    answer, leave = _load(job, questions)
    for line in questions:
        deadline_s, _, question = line.partition(b" ")
        end_in(float(deadline_s) + _GRACE_S)
        with suppress(OSError):  # nobody reads it any more, but the card must be left properly
            answers.write(_answer(answer, question) + b"\n")
            answers.flush()
    leave()
    os._exit(0)  # without the exit handlers of libraries, which might use the card


def _contain() -> Callable[[float], None]:
    """Make sure that everything that this process starts ends with it.

    Return a function that sets in how many seconds the process ends, whatever it is doing then.
    """
    if sys.platform == "win32":
        from cardtool.probe import job_object  # noqa: PLC0415 - each system needs but one

        # Windows searches the current folder for libraries, and that may be anybody's
        os.chdir(os.path.dirname(sys.executable))  # noqa: PTH120 - its own, searched anyway
        job_object.show_no_box()
        job_object.enter(_MEMORY_LIMIT_BYTES)
        return lambda seconds: faulthandler.dump_traceback_later(seconds, exit=True)
    from cardtool.probe import supervisor  # noqa: PLC0415 - as above

    end_at = supervisor.fork_job(_MEMORY_LIMIT_BYTES)

    def end_in(seconds: float) -> None:
        end_at(time.monotonic() + seconds)
        seconds += supervisor.PATIENCE_S + _MARGIN_S
        faulthandler.dump_traceback_later(seconds, exit=True)

    return end_in


def _load(
    job: str, questions: io.BufferedReader
) -> tuple[Callable[[bytes], bytes], Callable[[], None]]:
    """Return the function that answers the questions of a job, and one to call at the end."""
    if job == "online":
        from cardtool.probe.online import check  # noqa: PLC0415 - large, and seldom asked for

        return check.answer, lambda: None
    _skip_unused_parts()
    if job == "pcsc":
        from cardtool.probe import pcsc  # noqa: PLC0415 - native, so only in the child

        return pcsc.answer, lambda: None
    if job == "watch":
        from cardtool.probe import watching  # noqa: PLC0415 - native, as above

        return watching.Watch().answer, lambda: None
    from cardtool.probe import pkcs11  # noqa: PLC0415 - native, so only in the child

    if job == "sign":
        from cardtool.probe import signing, signing_jobs  # noqa: PLC0415 - native, as above

        signing_jobs.keep_out_of_core()
        signing_jobs.remove_logging_variables()
        return partial(signing.answer, questions), pkcs11.leave
    return pkcs11.answer, pkcs11.leave


def _skip_unused_parts() -> None:
    """Let pyscard and python-pkcs11 be imported without parts that are not used.

    These are the classes of pyscard, and the encoding of keys, for which python-pkcs11 loads
    asn1crypto.
    """
    if spec := importlib.util.find_spec("smartcard"):
        sys.modules["smartcard"] = importlib.util.module_from_spec(spec)
    for part in ("dh", "dsa", "ec", "rsa", "x509"):
        sys.modules[f"pkcs11.util.{part}"] = types.ModuleType(f"pkcs11.util.{part}")


def _answer(answer: Callable[[bytes], bytes], question: bytes) -> bytes:
    try:
        return answer(question)
    except Exception:  # noqa: BLE001 - the last resort: a fault of ours must not look like the card's
        import json  # noqa: PLC0415 - the parent imports this module too, and needs no json

        detail = traceback.format_exc()[-2000:]
        failure = {"type": "failure", "api": "worker", "name": "BUG", "detail": detail}
        return json.dumps(failure).encode()
