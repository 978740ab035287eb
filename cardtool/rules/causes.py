# SPDX-License-Identifier: Apache-2.0
"""Decides which of the findings that the rules give are shown.

Left out are findings about what was not seen, and consequences of a cause that was found. If a card
can sign, trouble with another card becomes a note.
"""

import functools
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime

from cardtool.model.diagnosis import Finding, Link
from cardtool.model.snapshot import Snapshot
from cardtool.rules import desk, fitting, ports
from cardtool.rules.codes import ROWS, finding

_Readers = frozenset[str] | None
"""Names of readers; None: all of them."""


def only_seen(findings: Iterable[Finding], snapshot: Snapshot) -> Iterator[Finding]:
    """Give the findings about the parts that are known, and one that names the others.

    What another program's output or a file does not show is unknown, and not a fault.
    """
    if snapshot.seen is None:
        yield from findings
        return
    yield from (given for given in findings if given.link.value in snapshot.seen)
    links = [link.value for link in Link if link not in {Link.HOST, Link.APPLICATION}]
    unseen = [link for link in links if link not in snapshot.seen]
    yield finding("parts-not-seen", tool=snapshot.tool, unseen=unseen)


def without_consequences(findings: Iterable[Finding], snapshot: Snapshot) -> list[Finding]:
    """Leave out findings that other findings about the same cards explain (`Row.explains`).

    If such a finding is about a failed module that somebody named, a note about it stays.
    """
    findings = list(findings)
    if not any(ROWS[given.code].explains for given in findings):
        return findings
    readers_of = _readers_of_findings(snapshot)
    is_explained = _explained_by(findings, readers_of)
    kept, notes = [], dict[tuple[object, object], Finding]()
    named = _named_paths(snapshot)
    for given in findings:
        path, reason = given.facts.get("module"), given.facts.get("reason")
        if not is_explained(given.code, readers_of(given)):
            kept.append(given)
        elif path in named and reason is not None:
            note = finding("driver-named-failed", module=path, reason=reason)
            notes.setdefault((path, reason), note)
    reported = {given.facts.get("module") for given in kept if given.code != "driver-loaded"}
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


def without_others(findings: list[Finding], snapshot: Snapshot, at: datetime) -> Iterator[Finding]:
    """Turn trouble with one card into a note where an NES is in force on another (`elsewhere`)."""
    is_any = any(ROWS[given.code].elsewhere for given in findings)
    if not is_any or not desk.can_sign(snapshot, at):
        yield from findings
        return
    readers_of = _readers_of_findings(snapshot)
    noted: set[str] = set()
    noted_sets: set[_Readers] = set()
    for given in findings:
        code = ROWS[given.code].elsewhere
        if code and "reader" not in ROWS[code].facts:
            kept = {name: given.facts[name] for name in ROWS[code].facts if name in given.facts}
            yield finding(code, **{"reason": given.code, **kept})
        elif code and (readers := readers_of(given)):
            reason = f"{given.code} {given.facts.get('reason', '')}".strip()
            if readers not in noted_sets:
                noted_sets.add(readers)
                for reader in sorted(readers - noted):
                    noted.add(reader)
                    yield finding(code, reader=reader, reason=reason)
        else:
            yield given


def _named_paths(snapshot: Snapshot) -> set[str]:
    return {module.path for module in snapshot.modules if fitting.is_named(module)}


def _readers_of_findings(snapshot: Snapshot) -> Callable[[Finding], _Readers]:
    """Return the function that gives the readers whose cards a finding is about.

    Findings about one module share one frozenset: its hash is taken once.
    """
    unread = desk.unread_seats(snapshot)
    every_reader = frozenset(seat.reader for seat in unread)

    @functools.cache
    def readers_for(module_id: str | None) -> frozenset[str]:
        return frozenset(seat.reader for seat in unread if module_id in seat.card.modules)

    readers_by_path = {
        module.path: readers_for(fitting.module_id(module)) for module in snapshot.modules
    }
    readers_by_path |= dict.fromkeys(_named_paths(snapshot), every_reader)
    has_readers = bool(ports.signing_readers(snapshot))

    def readers_of(given: Finding) -> _Readers:
        if "reader" in given.facts:
            return frozenset({str(given.facts["reader"])})
        if "module" in given.facts:
            return readers_by_path.get(str(given.facts["module"]), frozenset())
        if "usb" in given.facts and has_readers:  # about none of the readers whose cards are known
            return frozenset()
        return None

    return readers_of
