# SPDX-License-Identifier: Apache-2.0
"""Feeds every command that reads a file with files that nobody would write.

Broken is the promise by an exception, by standard output beside a refusal, by a refusal that says
nothing or more than a sentence, and by a case over the limit of time.
"""

import hashlib
import json
import os
import random
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from click.testing import CliRunner, Result

from cardtool.cli import main
from cardtool.model.diagnosis import Severity
from cardtool.model.snapshot import SIZE_LIMIT_BYTES, encode
from cardtool.probe import last_good
from cardtool.probe.online import cache
from cardtool.views import FORMATS, formats
from tests.golden.desk import desk
from tests.trials import Trial

_LIMIT_S = 5.0
"""Of processor time for one file; the slowest takes a tenth of it."""

_UNKNOWN = Severity.UNKNOWN.exit_status
_FORMS = [name for name in formats() if not FORMATS[name].binary]
_DEEP = 100_000
_ADDRESS = "http://crl.example/"
_LARGE_EVERY = 50
_STRANGE: tuple[Any, ...] = (
    *(None, True, 0, -1, 2**63, 2**64, 10**400, -(10**400), 1.5, 1e308, float("nan"), float("inf")),
    *("", "\x00", "\x1b[31m", "\ud800", "\u202e", "x" * 5_000, "/" * 20_000, "0" * 3_000),
    *("9999-12-31T23:59:59.999999-23:59", "0001-01-01T00:00:00+14:00", "2026-02-30T00:00:00Z"),
    *([], {}, [[]], [None], {"": None}, ["x"] * 20_000, {str(each): each for each in range(2_000)}),
    *("x", "AYŞE ÖRNEK", 1, 7, 90, 0.5, "2026-11-23T09:30:00+03:00"),
    *("🪪" * 2_000, "İıŞş" * 1_500, "T.C. 10000009910", "CN=\\", "%20" * 1_000, "{holder}"),
)
"""Values that stand in the place of others."""

_LIKE: dict[type, tuple[Any, ...]] = {
    kind: tuple(each for each in _STRANGE if type(each) is kind) for kind in (str, int, float)
}
"""The same by the kind of value, so that many a file can be read all the same."""

_TOML = (
    *("[policy]\nnotice_days = {}\n", "language = {}\n", "modules = [{}]\n", "timeout_s = {}\n"),
    *("[identity]\nkey = {}\n", "institution = {}\n", "[fleet]\nto = {}\nprice = {}\n"),
    *("name = {}\n[fact.site]\nvalue = {}\n", "{} = 1\n", "a = {}\na = {}\n", "a.b.c = {}\n"),
)
"""What stands in configurations and profiles, with room for values."""

_SOUND = json.loads(encode(desk()))


def _places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:  # noqa: ANN401 - JSON
    """Yield the path of everything in a document."""
    yield path
    if isinstance(value, dict | list):
        for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
            yield from _places(inner, (*path, key))


_PLACES = [each for each in _places(_SOUND) if each]


def _twisted(rnd: random.Random) -> bytes:
    """Return a snapshot with strange values in some places, often one that can be read."""
    document = json.loads(json.dumps(_SOUND))
    for _ in range(rnd.choice((1, 1, 1, 4))):
        *path, last = rnd.choice(_PLACES)
        holder = document
        with suppress(KeyError, IndexError, TypeError):  # an earlier change took the place away
            for key in path:
                holder = holder[key]
            match rnd.randrange(4):
                case 0:
                    del holder[last]
                case 1 if isinstance(holder, list):
                    holder.extend(holder[:] * rnd.choice((1, 50)))
                case 2:
                    holder[last] = rnd.choice(_STRANGE)
                case _:
                    holder[last] = rnd.choice(_LIKE.get(type(holder[last]), _STRANGE))
    shown = json.dumps(document, ensure_ascii=rnd.random() < 0.5)
    return shown.encode("utf-8", "surrogatepass")


def _torn(rnd: random.Random) -> bytes:
    """Return a snapshot whose bytes were changed, cut or repeated."""
    data = bytearray(encode(desk()))
    for _ in range(rnd.randint(1, 5)):
        place = rnd.randrange(len(data) or 1)
        match rnd.randrange(4):
            case 0:
                data[place : place + 1] = rnd.randbytes(1)
            case 1:
                del data[place:]
            case 2:
                data[place:place] = data[place : place + rnd.randrange(200)]
            case _:
                data[place:place] = rnd.choice((b"\xff", b"\0", b'"', b"{", b"]", b"\xed\xa0\x80"))
    return bytes(data)


def _doubled(rnd: random.Random) -> bytes:
    """Return a document that says some of its keys twice, the second time something else."""
    key = rnd.choice(list(_SOUND))
    other = json.dumps(rnd.choice(_STRANGE)).encode()
    inner = encode(desk()).strip()
    twice = b'{"%s": %s, %s' % (key.encode(), other, inner[1:])
    return rnd.choice((twice, b'{"snapshot": %s, "snapshot": %s}' % (inner, other)))


def _encoded(rnd: random.Random) -> bytes:
    """Return a snapshot in another encoding than UTF-8."""
    text = encode(desk(host="ışık-şube")).decode()
    return text.encode(
        rnd.choice(("utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1254", "utf-7"))
    )


def _deep(rnd: random.Random) -> bytes:
    opening, closing = rnd.choice(((b"[", b"]"), (b'{"a":', b"}"), (b'{"snapshot":', b"}")))
    depth = rnd.choice((500, 5_000, _DEEP))
    body = opening * depth + b"1" + rnd.choice((closing * depth, b""))
    wrapped = b'{"schema": 1, "host": %s}' % body
    return rnd.choice((body, wrapped, b'{"snapshot": %s}' % wrapped))


def _handwritten(rnd: random.Random) -> bytes:
    """Return a file of TOML that a person would not write so."""
    form = rnd.choice(_TOML)
    values = (json.dumps(rnd.choice(_STRANGE)) for _ in range(form.count("{}")))
    deep = rnd.choice(("", "", "z = " + "[" * 5_000))
    return (form.format(*values) + deep).encode("utf-8", "surrogatepass")


def _noise(rnd: random.Random) -> bytes:
    return rnd.choice((b"", b" " * 1000, b"\xef\xbb\xbf", b"null", b"{}", b"[]", b"\0" * 4096)) or (
        rnd.randbytes(rnd.randrange(3_000))
    )


_SMALL: tuple[Callable[[random.Random], bytes], ...] = (
    *(_twisted, _twisted, _twisted, _twisted, _torn, _doubled, _encoded, _deep, _noise),
    *(_handwritten, _handwritten),
)


def _laid(rnd: random.Random, folder: Path, number: int) -> Path:
    """Lay a file, and now and then what is none or is larger than any disk."""
    path = folder / f"{number}.json"
    if number % _LARGE_EVERY:
        path.write_bytes(rnd.choice(_SMALL)(rnd))
        return path
    match rnd.randrange(6):
        case 0:
            path.mkdir()
        case 1:
            path.symlink_to(path)
        case 2:
            with path.open("wb") as file:
                file.truncate(2**40)  # sparse: it takes no room
        case 3:
            path.write_bytes(encode(desk()) + b" " * SIZE_LIMIT_BYTES)
        case 4 if sys.platform == "linux":
            return Path(rnd.choice(("/dev/zero", "/dev/null", "/proc/self/mem")))
        case _:
            return folder / "missing.json"
    return path


def _asked(rnd: random.Random, path: Path) -> tuple[list[str], dict[str, str], bytes]:
    """Return a command that reads the file: its arguments, environment and standard input."""
    form = rnd.choice(_FORMS)
    diagnose = ["diagnose", "--format", form, "--lang", rnd.choice(("tr", "en"))]
    if form in {"json", "csv"} and rnd.randrange(2):
        diagnose.append("--keep-personal")
    match rnd.randrange(8):
        case 0:
            return ["guide", "renewal", "--institution", str(path)], {}, b""
        case 1:
            return ["explain", "nes-valid"], {"CARDTOOL_CONFIG": str(path)}, b""
        case 2 if path.suffix and path.is_file() and path.stat().st_size < SIZE_LIMIT_BYTES:
            return [*diagnose, "-"], {}, path.read_bytes()
        case _:
            return [*diagnose, str(path)], {}, b""


def _complaint(done: Result) -> str:
    """Say what is wrong with an answer; empty: nothing."""
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        return repr(done.exception)
    if done.exit_code not in {each.exit_status for each in Severity}:
        return f"exit status {done.exit_code}"
    is_refused = done.exit_code == _UNKNOWN and "cardtool: " in done.stderr
    if is_refused and done.stderr.count("\n") != 1:
        return f"more than a sentence: {done.stderr}"
    if "Traceback" in done.output:
        return "a traceback"
    if not done.stdout and not done.stderr:
        return "nothing is said"
    return ""


def _kept(path: Path) -> str:
    """Have the files that cardtool keeps for itself read where this one lies in their place."""
    place = path.with_name("cache") / "online" / hashlib.sha256(_ADDRESS.encode()).hexdigest()
    place.parent.mkdir(parents=True, exist_ok=True)
    place.unlink(missing_ok=True)
    place.symlink_to(path)
    os.environ["CARDTOOL_STATE"] = str(path)
    os.environ["CARDTOOL_CACHE"] = str(path.with_name("cache"))
    try:
        last_good.recall()
        cache.recall(_ADDRESS)
    except Exception as error:  # noqa: BLE001 - that is what is looked for
        return repr(error)
    finally:
        os.environ["CARDTOOL_STATE"] = os.environ["CARDTOOL_CACHE"] = ""
    return ""


def run(cases: int, seed: int) -> Iterator[str]:
    """Lay so many files, and have each read by a command and in the place of cardtool's own."""
    rnd = random.Random(seed)  # noqa: S311 - to be the same each time
    runner = CliRunner()
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings(action="error"):
        for number in range(cases):
            path = _laid(rnd, Path(folder), number)
            arguments, environment, typed = _asked(rnd, path)
            start = time.process_time()
            done = runner.invoke(main, arguments, env=environment, input=typed)
            broken = _complaint(done) or (_kept(path) if path.is_relative_to(folder) else "")
            spent_s = time.process_time() - start
            if spent_s > _LIMIT_S:
                broken = broken or f"{spent_s:.1f} s"
            yield f"case {number}: {' '.join(arguments)}: {broken}" if broken else ""
            if path.is_file() and path.is_relative_to(folder):
                path.unlink()


TRIAL = Trial(
    name="hostile-files",
    promise="No file, whatever is in it or in its place, gives an exception where a command reads "
    "it, takes over five seconds of processor, or is refused without one sentence that says why.",
    run=run,
    few=200,
    many=10_000,
)
