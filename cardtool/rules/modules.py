# SPDX-License-Identifier: Apache-2.0
"""Findings about drivers: that one for the card is installed, fits this machine and answers."""

from collections.abc import Iterator
from datetime import datetime

from cardtool import catalog
from cardtool.model.diagnosis import Finding
from cardtool.model.snapshot import Failure, Module, ModuleInfo, Snapshot, Source
from cardtool.rules import desk, fitting
from cardtool.rules.codes import finding
from cardtool.rules.policy import Policy

_NOT_A_LIBRARY = ("ENOEXEC", "EISDIR")

_SYSTEMS = {"linux": "Linux", "win32": "Windows", "darwin": "macOS"}
"""What people call the systems of `Host.platform`."""

_MISNAMED = ("driver-file-missing", "driver-not-library")
"""What is wrong with the path and not with what was installed."""


def check(snapshot: Snapshot, at: datetime, _policy: Policy) -> Iterator[Finding]:
    """Give findings for each module that was loaded or could not be, and each card without one."""
    can_sign = desk.can_sign(snapshot, at)
    reading = desk.reading_modules(snapshot)
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
            yield from _weighed(trouble, module, snapshot, reading, can_sign=can_sign)
        elif trouble is not None:
            yield trouble
    for seat in desk.unread_seats(snapshot):
        yield from _gap(seat, snapshot)


def _trouble(module: Module, snapshot: Snapshot) -> Finding | None:
    """Return what is wrong with a module, as if every card here waited for it."""
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
    snapshot: Snapshot,
    reading: dict[str, Module],
    *,
    can_sign: bool,
) -> Iterator[Finding]:
    """Say the trouble with a module as it is, or more mildly where nobody here waits for it."""
    seats = [seat for seat in desk.signing_seats(snapshot) if fitting.may_be_for(module, seat.card)]
    read = [seat for seat in seats if seat.reader in reading]
    is_misfit = trouble.code == "driver-wrong-architecture"
    facts = {
        "module": module.path,
        "reason": trouble.facts["built_for" if is_misfit else "reason"],
    }
    is_waited_for = len(read) < len(seats)
    is_missed = any(desk.is_missed(module, seat, reading[seat.reader]) for seat in read)
    is_asked_for = module.source is Source.CONFIGURED
    if is_asked_for and not seats:
        is_waited_for, is_missed = not desk.tokens(snapshot), True
    has_twin = is_misfit and not is_asked_for and _has_twin(module, snapshot)
    if is_waited_for and not has_twin:
        yield trouble
    if is_missed and (can_sign or not is_waited_for):
        is_misnamed = trouble.code in _MISNAMED
        yield finding("driver-beside-misnamed" if is_misnamed else "driver-beside-failed", **facts)
    elif has_twin or not is_waited_for:
        yield finding("driver-other-failed", **facts)


def _has_twin(module: Module, snapshot: Snapshot) -> bool:
    """Tell whether the same product is here for this machine too."""
    return any(
        fitting.fits(other, snapshot) and fitting.module_id(other) == fitting.module_id(module)
        for other in snapshot.modules
    )


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


def _gap(seat: desk.Seat, snapshot: Snapshot) -> Iterator[Finding]:
    """Say why no module read a card: none for it is here, or none of those saw it."""
    present = [module for module in snapshot.modules if _is_present(module, seat)]
    facts = {"reader": seat.reader, "card": seat.card.name}
    if not present:
        yield _missing(seat, snapshot)
    elif any(isinstance(module.slots, tuple) for module in present):
        if not any(_failed_by_us(module) for module in present):
            yield finding("token-missing", **facts)
    else:
        for module in present:
            if _trouble(module, snapshot) is None:
                yield finding("driver-not-asked", **facts, module=module.path)


def _missing(seat: desk.Seat, snapshot: Snapshot) -> Finding:
    """Name the driver to install, and the one for other cards that was asked for instead."""
    known, host = catalog.load(), snapshot.host
    modules = [known.module(each) for each in seat.card.modules]
    facts: dict[str, str | int] = {
        "reader": seat.reader,
        "card": seat.card.name,
        "product": modules[0].package,
        "system": _SYSTEMS.get(host.platform, host.platform),
        "bits": host.bits,
    }
    for each in snapshot.modules:
        if each.source is Source.CONFIGURED and isinstance(each.slots, tuple):
            return finding("driver-not-for-card", **facts, module=each.path)
    paths = [path for module in modules for path in known.paths(module, host.platform, host.bits)]
    return finding("driver-missing", **facts, paths=", ".join(paths) or "-")


def _failed_by_us(module: Module) -> bool:
    slots = module.slots if isinstance(module.slots, tuple) else ()
    return any(map(desk.is_ours, (module.info, module.slots, *(slot.token for slot in slots))))


def _is_present(module: Module, seat: desk.Seat) -> bool:
    if module.source is Source.CONFIGURED and fitting.module_id(module) is None:
        return True
    return fitting.is_for(module, seat.card) and fitting.is_here(module)
