# SPDX-License-Identifier: Apache-2.0
"""Loads PKCS#11 modules that do harm, each at one of five places.

Broken is the promise by a check without a verdict or long after its time limit, a caller that was
ended, a process that is left, a core file, and a check that grows beyond what it needs.
"""

import json
import os
import random
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import get_args

from tests.rig.modules import Place, Slot, scripted_module
from tests.rig.processes import below
from tests.trials import Trial

_TIMEOUT_S = 2.0
_VERDICT_S = 12.0
"""Far beyond the time limit, for a machine that has much else to do."""

_LEFT_S = 40.0
_MEMORY_KB = 160 * 1024
_BATCH = 8

_FOREVER = 'for (;;) { __asm__ volatile(""); }'
_WRITE = "static char text[100000]; memset(text, '{', sizeof text);"

HARM: Mapping[str, str] = {
    "abort": "abort();",
    "read nothing": "*(volatile int *)8 = 1;",
    "overflow the stack": "for (;;) { volatile char *room = alloca(1 << 20); *room = 1; }",
    "exit": "exit(0);",
    "exit at once": "_exit(7);",
    "exit in a thread": "pthread_t thread; pthread_create(&thread, 0, (void *(*)(void *))exit, 0);"
    "sleep(1);",
    "loop": _FOREVER,
    "wait": "for (;;) pause();",
    "loop and ignore signals": f"for (int i = 1; i < 32; i++) signal(i, SIG_IGN); {_FOREVER}",
    "stop": "raise(SIGSTOP);",
    "stop for ever": "for (;;) raise(SIGSTOP);",
    "end the group": "kill(0, SIGTERM);",
    "kill the group": "kill(0, SIGKILL);",
    "end the parent": "kill(getppid(), SIGTERM);",
    "be ended by a clock": "alarm(1); for (;;) pause();",
    "leave a child": "if (!fork()) for (;;) pause();",
    "leave a child and crash": "if (!fork()) for (;;) pause(); abort();",
    "leave a daemon": "if (!fork()) { setsid(); if (!fork()) for (;;) pause(); _exit(0); }",
    "leave a daemon that ignores signals": "if (!fork()) { setsid(); signal(SIGTERM, SIG_IGN);"
    "signal(SIGHUP, SIG_IGN); if (!fork()) for (;;) pause(); _exit(0); } abort();",
    "leave a stopped child": "if (!fork()) { raise(SIGSTOP); for (;;) pause(); }",
    "leave forty children": "for (int i = 0; i < 40; i++) if (!fork()) for (;;) pause();",
    "fork and go on in both": "fork();",
    "print": f"{_WRITE} for (int i = 0; i < 1000; i++) if (write(1, text, sizeof text) < 0) {{}}",
    "complain": f"{_WRITE} for (int i = 0; i < 999; i++) if (write(2, text, sizeof text) < 0) {{}}",
    "write everywhere": f"{_WRITE} for (int i = 0; i < 1000; i++) for (int fd = 3; fd < 20; fd++)"
    "if (write(fd, text, sizeof text) < 0) {}",
    "write lines everywhere": "for (int i = 0; i < 100000; i++) for (int fd = 3; fd < 20; fd++)"
    'if (write(fd, "[]\\n", 3) < 0) {}',
    "close everything": "for (int fd = 3; fd < 1000; fd++) close(fd);",
    "close the standard ones": "close(0); close(1); close(2);",
    "allocate until refused": "for (;;) { char *room = malloc(1 << 20); if (!room) break;"
    "memset(room, 1, 1 << 20); }",
    "allocate for ever": "for (;;) { char *room = malloc(1 << 20); if (room)"
    "memset(room, 1, 1 << 20); }",
    "reserve much and use little": "if (mmap(0, 1ul << 36, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS"
    "| MAP_NORESERVE, -1, 0) == MAP_FAILED) abort();",
}
"""What is done, by name: statements of C."""

_HEADERS = ("unistd.h", "signal.h", "alloca.h", "pthread.h", "sys/mman.h")


def run(cases: int, seed: int) -> Iterator[str]:
    """Check with so many modules; what is left of them is looked for after every few."""
    rnd = random.Random(seed)  # noqa: S311 - to be the same each time
    pairs = [(name, place) for name in HARM for place in get_args(Place)]
    rnd.shuffle(pairs)
    with tempfile.TemporaryDirectory() as folder:
        for start in range(0, cases, _BATCH):
            mark = uuid.UUID(int=rnd.getrandbits(128)).hex
            some = [pairs[number % len(pairs)] for number in range(start, cases)][:_BATCH]
            for number, (name, place) in enumerate(some, start):
                own = Path(folder) / str(number)
                own.mkdir()
                complaint = _try(own, name, place, mark)
                yield f"{name} {place}: {complaint}" if complaint else ""
            left = _left(mark)
            yield f"left of {some}: {left}" if left else ""


def _try(folder: Path, name: str, place: Place, mark: str) -> str:
    """Return what one module broke, or an empty text."""
    module = scripted_module(folder, [Slot()], code={place: HARM[name]}, headers=_HEADERS)
    before = set(folder.iterdir())
    command = f"{sys.executable} -m cardtool check --format json --timeout {_TIMEOUT_S:g}"
    script = f"ulimit -c unlimited 2>/dev/null; {command} --module {module.path}; echo; echo lives"
    start = time.monotonic()
    said = folder.with_suffix(".txt")
    with (
        said.open("wb") as output,
        subprocess.Popen(
            ["sh", "-c", script],
            cwd=folder,
            env={
                **os.environ,
                "CARDTOOL_LOCK": str(folder.with_suffix(".lock")),
                "CARDTOOL_STATE": "",
                "CARDTOOL_TRIAL": mark,
            },
            stdout=output,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        ) as caller,
    ):
        peak_kb = _peak_kb(caller)
    took_s = time.monotonic() - start
    answer, _, life = said.read_text("utf-8").rstrip().rpartition("\n")
    if life != "lives":
        return f"the caller was ended: {caller.returncode}"
    try:
        json.loads(answer)["verdict"]
    except (ValueError, KeyError):
        return f"no verdict: {answer[-300:]!r}"
    if took_s > _VERDICT_S:
        return f"{took_s:.1f} s for a time limit of {_TIMEOUT_S:g} s"
    if peak_kb > _MEMORY_KB:
        return f"{peak_kb} kB"
    return ", ".join(file.name for file in set(folder.iterdir()) - before)


def _peak_kb(caller: "subprocess.Popen[bytes]") -> int:
    """Return the most memory that the check used, as far as could be seen."""
    peak_kb = 0
    while caller.poll() is None:
        for pid in below(caller.pid)[:1]:
            try:
                status = Path(f"/proc/{pid}/status").read_text()
            except OSError:
                continue
            peaks = [line.split()[1] for line in status.splitlines() if line.startswith("VmHWM")]
            peak_kb = max(peak_kb, *map(int, peaks), 0)
        time.sleep(0.02)
    return peak_kb


def _left(mark: str) -> list[str]:
    """Wait for all that was started under this mark to end; return what has not."""
    limit = time.monotonic() + _LEFT_S
    while (left := _marked(mark)) and time.monotonic() < limit:
        time.sleep(0.2)
    return left


def _marked(mark: str) -> list[str]:
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if f"CARDTOOL_TRIAL={mark}".encode() in (folder / "environ").read_bytes():
                found.append(f"{folder.name} {(folder / 'cmdline').read_bytes()!r}")
        except OSError:
            continue
    return found


TRIAL = Trial(
    name="hostile-modules",
    promise="No driver keeps a check from its verdict, ends who called it, leaves a process or a "
    "core file behind, or makes the program grow beyond 160 MB.",
    run=run,
    few=4,
    many=400,
    is_real=True,
)
