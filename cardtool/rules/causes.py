# SPDX-License-Identifier: Apache-2.0
"""What of all that was found is shown: causes without their consequences, and whose they are.

Knows the table of codes and which card each finding is about; finds nothing by itself.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime

from cardtool.model.diagnosis import Finding
from cardtool.model.snapshot import Snapshot
from cardtool.rules import desk
from cardtool.rules.codes import ROWS, finding


def without_consequences(found: Iterable[Finding], snapshot: Snapshot) -> list[Finding]:
    """Leave out what others explain (`Row.explains`), as far as they are about the same cards."""
    found, waiting = list(found), _waiting(snapshot)
    covered: dict[str, set[str]] = {}
    explained = set()
    for cause in found:
        about = _about(cause, waiting)
        for code in ROWS[cause.code].explains:
            covered.setdefault(code, set()).update(about or ())
            if about is None:
                explained.add(code)
    return [
        each
        for each in found
        if each.code not in explained
        and (each.code not in covered or not _is_in(_about(each, waiting), covered[each.code]))
    ]


def without_others(found: Iterable[Finding], snapshot: Snapshot, at: datetime) -> Iterator[Finding]:
    """Turn trouble with one card into a note where an NES is in force on another (`elsewhere`)."""
    if not desk.can_sign(snapshot, at):
        yield from found
        return
    waiting = _waiting(snapshot)
    noted: set[str] = set()
    for each in found:
        code, about = ROWS[each.code].elsewhere, _about(each, waiting)
        reason = str(each.facts.get("reason", ""))
        if not code or not (about is None or about):
            yield each
        elif about is None:
            yield finding(code, reason=reason)
        else:
            for reader in sorted(about - noted):
                noted.add(reader)
                yield finding(code, reader=reader, reason=f"{each.code} {reason}".strip())


def _waiting(snapshot: Snapshot) -> dict[str, frozenset[str]]:
    """Return by path the readers whose card was not read and may be for a module."""
    unread, found = desk.unread_seats(snapshot), dict[str, frozenset[str]]()
    for module in snapshot.modules:
        readers = {seat.reader for seat in unread if desk.may_be_for(module, seat.card)}
        found[module.path] = found.get(module.path, frozenset()) | readers
    return found


def _about(each: Finding, waiting: dict[str, frozenset[str]]) -> frozenset[str] | None:
    """Return the readers whose card a finding is about; None: all of them."""
    if "reader" in each.facts:
        return frozenset({str(each.facts["reader"])})
    if "module" in each.facts:
        return waiting[str(each.facts["module"])]
    return None


def _is_in(about: frozenset[str] | None, readers: set[str]) -> bool:
    return about is not None and about <= readers
