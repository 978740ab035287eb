# SPDX-License-Identifier: Apache-2.0
"""Ten thousand hostile files: none stops the import, none is lost, every list stays whole."""

import copy
import gzip
import os
import random
import sys
from pathlib import Path
from typing import Any

import msgspec
from sqlalchemy import func, select

from cardtool.fleet.asking.audit import audit
from cardtool.fleet.store.database import Store
from cardtool.fleet.store.tables import WORKSTATION
from cardtool.model.moments import to_us
from cardtool.model.surroundings import IdentityPolicy, Origin
from cardtool.text import Text
from cardtool.views import LIST, view
from tests import desks
from tests.fleets import take

_FILES = 10_000
_WORDS = (
    "=cmd|' /C calc'!A0", "+1", "-1", "@SUM(A1)", "\t=1", "\r\n=1", "<script>alert(1)</script>",
    "';DROP TABLE workstation;--", "a|b", "\x1b[2J", "\x00", "\u202eabc", "\ufeff", "%s%n{0}",
    "../../etc/passwd", "x" * 300, "", "-", '"', "\\", "\x7f\x85", "🄰" * 60, "ı" * 255, "İ",
)  # fmt: skip
_ODD: tuple[Any, ...] = (
    None, True, -1, 0, 2**63, -(2**70), 1e308, [], {}, [[]], "0001-01-01T00:00:00Z",
    "9999-12-31T23:59:59.999999-12:00", "9999-12-31T23:59:59Z", "0001-01-01T00:00:00+14:00",
)  # fmt: skip
_NAMES = ("a\nb", "=1", "-rf", "%2e%2e", "ğ" * 110, "a..json", "\udcff\udcfe", "a;b", "$(x)", "~")


def _bodies() -> list[Any]:
    snapshots = [
        desks.desk(modules=(desks.module(desks.slot(desks.token(desks.nes()))),)),
        desks.desk((), ()),
    ]
    origin = Origin(host_id="0" * 32, unit="u", user="k", identity=IdentityPolicy.HASHED)
    return [
        msgspec.json.decode(msgspec.json.encode(msgspec.structs.replace(each, origin=origin)))
        for each in snapshots
    ]


def _leaves(node: Any, way: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:  # noqa: ANN401 - JSON
    items = node.items() if isinstance(node, dict) else enumerate(node)
    found = []
    for key, each in items:
        found.append((*way, key))
        if isinstance(each, dict | list):
            found += _leaves(each, (*way, key))
    return found


def _at(node: Any, way: tuple[Any, ...]) -> Any:  # noqa: ANN401 - JSON
    for step in way:
        node = node[step]
    return node


def _hostile(source: random.Random, number: int) -> bytes:  # noqa: PLR0911 - a way each
    document = msgspec.json.decode(msgspec.json.encode(source.choice(_bodies())))
    document["origin"]["host_id"] = f"{number:032x}"
    for _ in range(source.randint(1, 3)):
        texts = [way for way in _leaves(document) if isinstance(_at(document, way), str)]
        *way, last = source.choice(texts if source.random() < 0.8 else _leaves(document))
        node = document
        for step in way:
            node = node[step]
        is_text = isinstance(node[last], str) and source.random() < 0.9
        node[last] = copy.deepcopy(source.choice(_WORDS if is_text else _ODD))
    text = msgspec.json.encode(document)
    match source.randrange(12):
        case 0:
            return text[: source.randrange(len(text))]
        case 1:
            return b"[" * 5000 + text
        case 2:
            return text.replace(b'"host":', b'"host":7,"host":', 1)
        case 3:
            return text.replace(b'"name":"', b'"name":"\\ud800', 1)
        case 4:
            place = source.randrange(len(text))
            return text[:place] + source.randbytes(3) + text[place + 1 :]
        case 5:
            return text.decode().encode("utf-16")
        case 6:
            return b'{"snapshot":' + text + b"}"
        case _:
            return text


def _write(folder: Path) -> int:
    """Write the files, and return how many are to be accounted for as read."""
    source = random.Random(6)  # noqa: S311 - a seed makes them again
    read = 0
    for number in range(_FILES):
        here = folder / f"{number % 7}"
        here.mkdir(exist_ok=True)
        name = f"{source.choice(_NAMES)}{number}"
        kind = source.randrange(40)
        if kind == 0:
            (here / f"{name}.json").symlink_to("/etc/passwd")
        elif kind == 1:
            (here / f"{name}.json.gz").write_bytes(gzip.compress(_hostile(source, number))[:-9])
            read += 1
        elif kind == 2:
            (here / f"{name}.ndjson").write_bytes(
                _hostile(source, number).replace(b"\n", b"") + b"\nx"
            )
            read += 2
        elif kind == 3:
            (here / f".{name}.json").write_bytes(b"being written")
        elif kind == 4 and sys.platform != "win32":
            os.mkfifo(here / f"{name}.json")
        else:
            (here / f"{name}.json").write_bytes(_hostile(source, number))
            read += 1
    return read


def test_ten_thousand_hostile_files_are_all_accounted_for(stores: str, tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    expected = _write(folder)
    store = Store(stores)

    report = take(store, folder)

    assert report.read == report.new + report.known + report.set_aside
    assert report.stuck == []
    assert abs(report.read - expected) < 40  # a line that was cut before its first byte is none
    reasons = sum(len(list(each.glob("*.reason.txt"))) for each in folder.rglob("rejected"))
    assert 1000 < reasons <= report.set_aside  # a file with several bad lines is one
    seen = WORKSTATION.c.first_seen_us <= to_us(desks.AT)
    with store.reading() as connection:
        known = connection.execute(select(func.count()).where(seen)).scalar_one()
    lines = list(audit(store, desks.AT))
    store.close()
    assert len(lines) == known > 1000
    for name in ("csv", "ndjson", "nagios", "prometheus", "terminal", "ics"):
        parts = view(name, LIST)(lines, Text("tr"))
        text = "".join(parts)
        assert name in {"nagios", "ics"} or text.count("\n") >= len(lines)
        assert "\n=" not in text
        assert "\x1b" not in text
