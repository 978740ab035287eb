# SPDX-License-Identifier: Apache-2.0
"""Findings about drivers: that one for the card is installed, fits this machine and answers."""

from collections.abc import Iterator
from datetime import datetime

from cardtool import catalog
from cardtool.model.diagnosis import Finding
from cardtool.model.snapshot import Failure, Library, Module, ModuleInfo, Snapshot, Source
from cardtool.rules import desk
from cardtool.rules.codes import finding
from cardtool.rules.policy import Policy

_NOT_A_LIBRARY = ("ENOEXEC", "EISDIR")


def check(snapshot: Snapshot, _at: datetime, _policy: Policy) -> Iterator[Finding]:
    """Give findings for each module that was loaded or could not be, and each card without one."""
    for module in snapshot.modules:
        if isinstance(module.info, ModuleInfo):
            yield finding(
                "driver-loaded",
                module=module.path,
                product=module.info.description,
                version=module.info.version,
            )
        yield from _trouble(module, snapshot)
    for seat in desk.unread_seats(snapshot):
        yield from _gap(seat, snapshot)


def _trouble(module: Module, snapshot: Snapshot) -> Iterator[Finding]:
    failure = _failed(module)
    if failure is not None and desk.is_ours(failure):
        yield finding("cardtool-fault", part=module.path, reason=desk.reason(failure))
    elif failure is not None:
        if failure.name != "ENOENT" or module.source is Source.CONFIGURED:
            reason = desk.reason(failure)
            code = _weigh(module, snapshot) or _code(failure, is_file=failure is module.library)
            yield finding(code, module=module.path, reason=reason)
    elif (
        isinstance(module.library, Library)
        and module.info is None
        and not desk.fits(module, snapshot)
    ):
        yield _misfit(module, module.library, snapshot)


def _failed(module: Module) -> Failure | None:
    parts = (module.library, module.info, module.slots)
    return next((part for part in parts if isinstance(part, Failure)), None)


def _misfit(module: Module, library: Library, snapshot: Snapshot) -> Finding:
    built_for = ", ".join(library.machines)
    code = _weigh(module, snapshot)
    if code is None and any(
        desk.fits(other, snapshot) and desk.module_id(other) == desk.module_id(module)
        for other in snapshot.modules
    ):
        code = "driver-other-failed"
    if code is not None:
        return finding(code, module=module.path, reason=built_for)
    return finding(
        "driver-wrong-architecture",
        module=module.path,
        built_for=built_for,
        machine=snapshot.host.machine,
    )


def _weigh(module: Module, snapshot: Snapshot) -> str | None:
    """Return the code for trouble with a module that nobody here waits for; None: they do."""
    asked_for = module.source is Source.CONFIGURED
    seats = [
        seat for seat in desk.signing_seats(snapshot) if asked_for or desk.is_for(module, seat.card)
    ]
    if not seats:
        if not asked_for:
            return "driver-other-failed"
        return "driver-beside-failed" if snapshot.tokens() else None
    if not all(desk.is_read(snapshot, seat) for seat in seats):
        return None
    if any(desk.is_missed(module, seat, snapshot) for seat in seats):
        return "driver-beside-failed"
    return "driver-other-failed"


def _code(failure: Failure, *, is_file: bool) -> str:
    match failure.api, failure.name:
        case "os", "ENOENT":
            return "driver-file-missing"
        case "os", name if name in _NOT_A_LIBRARY:
            return "driver-not-library"
        case "os", _:
            return "driver-file-unreadable" if is_file else "driver-load-failed"
        case "worker", "TIMEOUT":
            return "driver-hung"
        case "worker", _:
            return "driver-crashed"
        case _:
            return "driver-refused"


def _gap(seat: desk.Seat, snapshot: Snapshot) -> Iterator[Finding]:
    present = [module for module in snapshot.modules if _is_present(module, seat)]
    facts = {"reader": seat.reader, "card": seat.card.name}
    if not present:
        yield finding("driver-missing", **facts, **_wanted(seat, snapshot))
    elif any(isinstance(module.slots, tuple) for module in present):
        if not any(_failed_by_us(module) for module in present):
            yield finding("token-missing", **facts)
    else:
        for module in present:
            if desk.fits(module, snapshot) and _failed(module) is None:
                yield finding("driver-not-asked", **facts, module=module.path)


def _failed_by_us(module: Module) -> bool:
    slots = module.slots if isinstance(module.slots, tuple) else ()
    return any(map(desk.is_ours, (module.info, module.slots, *(slot.token for slot in slots))))


def _is_present(module: Module, seat: desk.Seat) -> bool:
    if module.source is Source.CONFIGURED and desk.module_id(module) is None:
        return True
    missing = isinstance(module.library, Failure) and module.library.name == "ENOENT"
    return desk.is_for(module, seat.card) and (not missing or module.source is Source.CONFIGURED)


def _wanted(seat: desk.Seat, snapshot: Snapshot) -> dict[str, str]:
    known, host = catalog.load(), snapshot.host
    modules = [known.module(each) for each in seat.card.modules]
    paths = [path for module in modules for path in known.paths(module, host.platform, host.bits)]
    return {"product": modules[0].package, "paths": ", ".join(paths) or "-"}
