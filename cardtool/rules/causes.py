# SPDX-License-Identifier: Apache-2.0
"""What of all that was found is shown: causes without their consequences, and whose they are.

Knows the table of codes and which card each finding is about; finds nothing by itself.
"""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime

from cardtool.model.diagnosis import Finding
from cardtool.model.snapshot import Snapshot
from cardtool.rules import desk, fitting, named
from cardtool.rules.codes import ROWS, finding


def without_consequences(found: Iterable[Finding], snapshot: Snapshot) -> list[Finding]:
    """Leave out what others explain (`Row.explains`), as far as they are about the same cards.

    Of a module that was named, a note stays.
    """
    found, about = list(found), _teller(snapshot)
    covered: dict[str, set[str]] = {}
    explained = set()
    for cause in found:
        readers = about(cause)
        for code in ROWS[cause.code].explains:
            covered.setdefault(code, set()).update(readers or ())
            if readers is None:
                explained.add(code)
    kept, notes = [], list[Finding]()
    named_paths = {module.path for module in snapshot.modules if named.is_named(module)}
    for each in found:
        if each.code not in explained and (
            each.code not in covered or not _is_in(about(each), covered[each.code])
        ):
            kept.append(each)
        elif (path := each.facts.get("module")) in named_paths and "reason" in each.facts:
            note = finding("driver-named-failed", module=path, reason=each.facts["reason"])
            notes += [note] if note not in notes else []
    told = {each.facts.get("module") for each in kept if each.code != "driver-loaded"}
    return kept + [note for note in notes if note.facts["module"] not in told]


def without_others(found: Iterable[Finding], snapshot: Snapshot, at: datetime) -> Iterator[Finding]:
    """Turn trouble with one card into a note where an NES is in force on another (`elsewhere`)."""
    if not desk.can_sign(snapshot, at):
        yield from found
        return
    about = _teller(snapshot)
    noted: set[str] = set()
    for each in found:
        code = ROWS[each.code].elsewhere
        if code and "reader" not in ROWS[code].facts:
            kept = {name: each.facts[name] for name in ROWS[code].facts if name in each.facts}
            yield finding(code, **{"reason": each.code, **kept})
        elif code and (readers := about(each)):
            reason = f"{each.code} {each.facts.get('reason', '')}".strip()
            for reader in sorted(readers - noted):
                noted.add(reader)
                yield finding(code, reader=reader, reason=reason)
        else:
            yield each


def _teller(snapshot: Snapshot) -> Callable[[Finding], frozenset[str] | None]:
    """Return what tells the readers whose card a finding is about; None: all of them."""
    unread, waiting = desk.unread_seats(snapshot), dict[str, frozenset[str]]()
    for module in snapshot.modules:
        readers = {seat.reader for seat in unread if fitting.may_be_for(module, seat.card)}
        waiting[module.path] = waiting.get(module.path, frozenset()) | readers
    has_readers = any(not desk.is_virtual(each) for each in desk.readers(snapshot))

    def about(each: Finding) -> frozenset[str] | None:
        if "reader" in each.facts:
            return frozenset({str(each.facts["reader"])})
        if "module" in each.facts:
            return waiting.get(str(each.facts["module"]), frozenset())
        if "usb" in each.facts and has_readers:  # none of those whose cards are known of
            return frozenset()
        return None

    return about


def _is_in(about: frozenset[str] | None, readers: set[str]) -> bool:
    """Tell whether what is said of these readers is explained; of the whole desk, it always is."""
    return about is None or about <= readers
