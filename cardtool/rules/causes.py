# SPDX-License-Identifier: Apache-2.0
"""Which findings are shown: causes without their consequences, and notes about other cards.

Knows the table of codes, and which card a finding is about. Adds no findings except these notes.
"""

import functools
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime

from cardtool.model.diagnosis import Finding
from cardtool.model.snapshot import Snapshot
from cardtool.rules import desk, fitting, named
from cardtool.rules.codes import ROWS, finding

_Readers = frozenset[str] | None
"""Names of readers; None: all of them."""


def without_consequences(findings: Iterable[Finding], snapshot: Snapshot) -> list[Finding]:
    """Leave out findings that other findings about the same cards explain (`Row.explains`).

    If such a finding is about a failed module that somebody named, a note about it stays.
    """
    findings = list(findings)
    readers_of = _readers_of_findings(snapshot)
    is_explained = _explained_by(findings, readers_of)
    kept, notes = [], dict[tuple[object, object], Finding]()
    named_paths = {module.path for module in snapshot.modules if named.is_named(module)}
    for each in findings:
        path, reason = each.facts.get("module"), each.facts.get("reason")
        if not is_explained(each.code, readers_of(each)):
            kept.append(each)
        elif path in named_paths and reason is not None:
            note = finding("driver-named-failed", module=str(path), reason=reason)
            notes.setdefault((path, reason), note)
    reported = {each.facts.get("module") for each in kept if each.code != "driver-loaded"}
    return kept + [note for note in notes.values() if note.facts["module"] not in reported]


def _explained_by(
    findings: list[Finding], readers_of: Callable[[Finding], _Readers]
) -> Callable[[str, _Readers], bool]:
    """Return a function that tells whether these findings explain a code about some readers."""
    causes: dict[str, set[_Readers]] = {}
    for cause in findings:
        for code in ROWS[cause.code].explains:
            causes.setdefault(code, set()).add(readers_of(cause))
    explained = {
        code: None if None in sets else frozenset().union(*filter(None, sets))
        for code, sets in causes.items()
    }

    @functools.cache  # thousands of findings may be about the same thousands of readers
    def is_explained(code: str, readers: _Readers) -> bool:
        if code not in explained:
            return False
        covered = explained[code]
        return covered is None or readers is None or readers <= covered

    return is_explained


def without_others(
    findings: Iterable[Finding], snapshot: Snapshot, at: datetime
) -> Iterator[Finding]:
    """Turn trouble with one card into a note where an NES is in force on another (`elsewhere`)."""
    if not desk.can_sign(snapshot, at):
        yield from findings
        return
    readers_of = _readers_of_findings(snapshot)
    noted: set[str] = set()
    noted_sets: set[_Readers] = set()
    for each in findings:
        code = ROWS[each.code].elsewhere
        if code and "reader" not in ROWS[code].facts:
            kept = {name: each.facts[name] for name in ROWS[code].facts if name in each.facts}
            yield finding(code, **{"reason": each.code, **kept})
        elif code and (readers := readers_of(each)):
            reason = f"{each.code} {each.facts.get('reason', '')}".strip()
            if readers not in noted_sets:
                noted_sets.add(readers)
                for reader in sorted(readers - noted):
                    noted.add(reader)
                    yield finding(code, reader=reader, reason=reason)
        else:
            yield each


def _readers_of_findings(snapshot: Snapshot) -> Callable[[Finding], _Readers]:
    """Return the function that gives the readers whose cards a finding is about.

    Findings about one module share one frozenset: its hash is taken once.
    """
    unread = desk.unread_seats(snapshot)
    every_reader = frozenset(seat.reader for seat in unread)

    @functools.cache
    def readers_for(module_id: str | None) -> frozenset[str]:
        return frozenset(seat.reader for seat in unread if module_id in seat.card.modules)

    named_paths = {module.path for module in snapshot.modules if named.is_named(module)}
    readers_by_path = {
        module.path: every_reader
        if module.path in named_paths
        else readers_for(fitting.module_id(module))
        for module in snapshot.modules
    }
    has_readers = any(not desk.is_virtual(each) for each in desk.readers(snapshot))

    def readers_of(each: Finding) -> _Readers:
        if "reader" in each.facts:
            return frozenset({str(each.facts["reader"])})
        if "module" in each.facts:
            return readers_by_path.get(str(each.facts["module"]), frozenset())
        if "usb" in each.facts and has_readers:  # about none of the readers whose cards are known
            return frozenset()
        return None

    return readers_of
