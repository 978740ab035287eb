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
    covered: dict[str, _Covered] = {}
    explained = set()
    for cause in found:
        readers = about(cause)
        for code in ROWS[cause.code].explains:
            covered.setdefault(code, _Covered()).add(readers or frozenset())
            if readers is None:
                explained.add(code)
    kept, notes = [], dict[tuple[object, object], Finding]()
    named_paths = {module.path for module in snapshot.modules if named.is_named(module)}
    for each in found:
        if each.code not in explained and (
            each.code not in covered or not covered[each.code].holds(about(each))
        ):
            kept.append(each)
        elif (path := each.facts.get("module")) in named_paths and "reason" in each.facts:
            reason = each.facts["reason"]
            note = finding("driver-named-failed", module=path, reason=reason)
            notes.setdefault((path, reason), note)
    told = {each.facts.get("module") for each in kept if each.code != "driver-loaded"}
    return kept + [note for note in notes.values() if note.facts["module"] not in told]


class _Covered:
    """The readers about which something is explained; what is asked again is not counted again.

    Many findings are about one set of readers: the same object, as `_teller` has it.
    """

    def __init__(self) -> None:
        self._readers: set[str] = set()
        self._added: dict[int, frozenset[str]] = {}
        self._held: dict[int, tuple[frozenset[str], bool]] = {}

    def add(self, readers: frozenset[str]) -> None:
        if id(readers) not in self._added:
            self._added[id(readers)] = readers
            self._readers |= readers

    def holds(self, readers: frozenset[str] | None) -> bool:
        """Tell whether what is said of these readers is explained; of the whole desk it is."""
        if readers is None:
            return True
        if id(readers) not in self._held:
            self._held[id(readers)] = readers, readers <= self._readers
        return self._held[id(readers)][1]


def without_others(found: Iterable[Finding], snapshot: Snapshot, at: datetime) -> Iterator[Finding]:
    """Turn trouble with one card into a note where an NES is in force on another (`elsewhere`)."""
    if not desk.can_sign(snapshot, at):
        yield from found
        return
    about = _teller(snapshot)
    noted: set[str] = set()
    told: dict[int, frozenset[str]] = {}
    for each in found:
        code = ROWS[each.code].elsewhere
        if code and "reader" not in ROWS[code].facts:
            kept = {name: each.facts[name] for name in ROWS[code].facts if name in each.facts}
            yield finding(code, **{"reason": each.code, **kept})
        elif code and (readers := about(each)):
            reason = f"{each.code} {each.facts.get('reason', '')}".strip()
            if id(readers) not in told:  # pragma: no branch - cut short by the limit of the effort
                told[id(readers)] = readers
                for reader in sorted(readers - noted):
                    noted.add(reader)
                    yield finding(code, reader=reader, reason=reason)
        else:
            yield each


def _teller(snapshot: Snapshot) -> Callable[[Finding], frozenset[str] | None]:
    """Return what tells the readers whose card a finding is about; None: all of them."""
    unread = desk.unread_seats(snapshot)
    of_kinds: dict[frozenset[tuple[bool, str | None]], frozenset[str]] = {}
    kinds_of: dict[str, frozenset[tuple[bool, str | None]]] = {}
    for module in snapshot.modules:
        own = frozenset({fitting.module_kind(module)})
        kinds = kinds_of.get(module.path, frozenset()) | own
        kinds_of[module.path] = kinds
        if own not in of_kinds:
            readers = (s.reader for s in unread if fitting.may_be_for(module, s.card))
            of_kinds[own] = frozenset(readers)
        if kinds not in of_kinds:
            of_kinds[kinds] = frozenset().union(*(of_kinds[frozenset({k})] for k in kinds))
    has_readers = any(not desk.is_virtual(each) for each in desk.readers(snapshot))

    def about(each: Finding) -> frozenset[str] | None:
        if "reader" in each.facts:
            return frozenset({str(each.facts["reader"])})
        if "module" in each.facts:
            kinds = kinds_of.get(str(each.facts["module"]))
            return frozenset() if kinds is None else of_kinds[kinds]
        if "usb" in each.facts and has_readers:  # none of those whose cards are known of
            return frozenset()
        return None

    return about
