# SPDX-License-Identifier: Apache-2.0
"""Findings about drivers: that one for the card is installed, fits this machine and answers."""

from collections.abc import Iterator
from datetime import datetime
from itertools import islice

from cardtool import catalog
from cardtool.model.diagnosis import Finding
from cardtool.model.snapshot import Failure, Module, ModuleInfo, Snapshot, Source
from cardtool.rules import desk, fitting
from cardtool.rules.codes import finding
from cardtool.rules.policy import Policy

_NOT_A_LIBRARY = ("ENOEXEC", "EISDIR", "ENOSYS")

_MOST_NAMED = 8
"""Modules that are named, at most, for a card that none of them was asked about."""

_SYSTEMS = {"linux": "Linux", "win32": "Windows", "darwin": "macOS"}
"""What people call the systems of `Host.platform`."""

_MISNAMED = ("driver-file-missing", "driver-not-library")
"""Codes of a wrong path, as opposed to a broken installation."""


def check(snapshot: Snapshot, at: datetime, _policy: Policy) -> Iterator[Finding]:
    """Give findings about each module, loaded or not, and each card that no module read."""
    can_sign = desk.can_sign(snapshot, at)
    needs = _Needs(snapshot)
    for module in snapshot.modules:
        if isinstance(module.info, ModuleInfo):
            yield finding(
                "driver-loaded",
                module=module.path,
                product=module.info.description,
                version=module.info.version,
            )
        trouble = _trouble(module, snapshot)
        if trouble is not None and trouble.code != "cardtool-fault":
            yield from _weighed(trouble, module, needs, can_sign=can_sign)
        elif trouble is not None:
            yield trouble
    yield from _gaps(snapshot)


def _trouble(module: Module, snapshot: Snapshot) -> Finding | None:
    """Return what is wrong with a module, as if every card here needed it."""
    failure, library = _failed(module), module.library
    is_asked_for = module.source is Source.CONFIGURED
    if failure is not None and desk.is_ours(failure):
        return finding("cardtool-fault", part=module.path, reason=desk.reason(failure))
    if failure is not None:
        if failure.name == "ENOENT" and not is_asked_for:
            return None
        code = _code(failure, is_file=failure is library, is_asked_for=is_asked_for)
        return finding(code, module=module.path, reason=desk.reason(failure))
    if isinstance(library, Failure) or module.info or fitting.fits(module, snapshot):
        return None
    return finding(
        "driver-wrong-architecture",
        module=module.path,
        built_for=", ".join(library.machines),
        built_for_bits=library.bits,
        machine=snapshot.host.machine,
        machine_bits=snapshot.host.bits,
    )


def _failed(module: Module) -> Failure | None:
    parts = (module.library, module.info, module.slots)
    return next((part for part in parts if isinstance(part, Failure)), None)


def _weighed(
    trouble: Finding,
    module: Module,
    needs: "_Needs",
    *,
    can_sign: bool,
) -> Iterator[Finding]:
    """Report the trouble with a module; more mildly if no card here needs it."""
    has_seats, is_waited_for, is_missed = needs.of(module)
    is_misfit = trouble.code == "driver-wrong-architecture"
    facts = {
        "module": module.path,
        "reason": trouble.facts["built_for" if is_misfit else "reason"],
    }
    is_asked_for = module.source is Source.CONFIGURED
    if is_asked_for and not has_seats:
        is_waited_for, is_missed = not desk.tokens(needs.snapshot), True
    has_twin = is_misfit and not is_asked_for and fitting.module_id(module) in needs.fitting_ids
    if is_waited_for and not has_twin:
        yield trouble
    if is_missed and (can_sign or not is_waited_for):
        is_misnamed = trouble.code in _MISNAMED
        yield finding("driver-beside-misnamed" if is_misnamed else "driver-beside-failed", **facts)
    elif has_twin or not is_waited_for:
        yield finding("driver-other-failed", **facts)


def _code(failure: Failure, *, is_file: bool, is_asked_for: bool) -> str:
    match failure.api, failure.name:
        case "os", "ENOENT":
            return "driver-file-missing"
        case "os", name if name in _NOT_A_LIBRARY:
            return "driver-not-library" if is_asked_for else "driver-damaged"
        case "os", _:
            return "driver-file-unreadable" if is_file else "driver-load-failed"
        case "worker", "TIMEOUT":
            return "driver-hung"
        case "worker", _:
            return "driver-crashed"
        case _:
            return "driver-refused"


def _gaps(snapshot: Snapshot) -> Iterator[Finding]:
    """Say for each card that no module read, why; all cards of one kind have the same reason."""
    reasons: dict[str, list[_Reason]] = {}
    for seat in desk.unread_seats(snapshot):
        card = seat.card
        if card.id not in reasons:
            reasons[card.id] = list(_reasons(card, snapshot))
        for code, facts in reasons[card.id]:
            yield finding(code, reader=seat.reader, card=card.name, **facts)


_Reason = tuple[str, dict[str, str | int]]
"""The code of a finding, and its facts beside the reader and the card."""


def _reasons(card: catalog.Card, snapshot: Snapshot) -> Iterator[_Reason]:
    """Say why a kind of card was not read: there is no module for it, or none saw it."""
    here = [module for module in snapshot.modules if _is_present(module, card)]
    if not here:
        yield _missing(card, snapshot)
    elif any(isinstance(module.slots, tuple) for module in here):
        if not any(map(_failed_by_us, here)):
            yield "token-missing", {}
    else:
        sound = (module.path for module in here if _trouble(module, snapshot) is None)
        for path in islice(sound, _MOST_NAMED):
            yield "driver-not-asked", {"module": path}


def _missing(card: catalog.Card, snapshot: Snapshot) -> _Reason:
    """Name the driver to install, and the one for other cards that was asked for instead."""
    known, host = catalog.load(), snapshot.host
    modules = [known.module(name) for name in card.modules]
    facts: dict[str, str | int] = {
        "product": modules[0].package,
        "system": _SYSTEMS.get(host.platform, host.platform),
        "bits": host.bits,
    }
    for module in snapshot.modules:
        if module.source is Source.CONFIGURED and isinstance(module.slots, tuple):
            return "driver-not-for-card", {**facts, "module": module.path}
    paths = [path for module in modules for path in module.paths(host.platform, host.bits)]
    return "driver-missing", {**facts, "paths": ", ".join(paths) or "-"}


class _Needs:
    """Which modules the cards here need; each kind of module is judged once."""

    def __init__(self, snapshot: Snapshot) -> None:
        self.snapshot = snapshot
        self.fitting_ids = {
            fitting.module_id(module)
            for module in snapshot.modules
            if fitting.fits(module, snapshot)
        }
        self._reading = desk.reading_modules(snapshot)
        self._known: dict[tuple[bool, str | None], tuple[bool, bool, bool]] = {}

    def of(self, module: Module) -> tuple[bool, bool, bool]:
        """Tell whether cards for a module are here, one of them is unread, and it is missed.

        It is missed if it should have read a card that another module read (`desk.is_missed`).
        """
        kind = fitting.module_kind(module)
        if kind not in self._known:
            seats = [
                seat
                for seat in desk.signing_seats(self.snapshot)
                if fitting.may_be_for(module, seat.card)
            ]
            read = [seat for seat in seats if seat.reader in self._reading]
            is_missed = any(
                desk.is_missed(module, seat, self._reading[seat.reader]) for seat in read
            )
            self._known[kind] = bool(seats), len(read) < len(seats), is_missed
        return self._known[kind]


def _failed_by_us(module: Module) -> bool:
    slots = module.slots if isinstance(module.slots, tuple) else ()
    return any(map(desk.is_ours, (module.info, module.slots, *(slot.token for slot in slots))))


def _is_present(module: Module, card: catalog.Card) -> bool:
    if module.source is Source.CONFIGURED and fitting.module_id(module) is None:
        return True
    return fitting.is_for(module, card) and fitting.is_here(module)
