# SPDX-License-Identifier: Apache-2.0
"""Findings about drivers: whether one for the card is installed, fits this machine and answers."""

import ntpath
import re
from collections.abc import Callable, Iterator
from datetime import datetime
from functools import partial
from itertools import islice

from cardtool import catalog
from cardtool.model.diagnosis import Finding
from cardtool.model.snapshot import Failure, Library, Module, ModuleInfo, Snapshot
from cardtool.model.surroundings import Host
from cardtool.rules import desk, fitting, ports, session
from cardtool.rules.codes import Fact, finding
from cardtool.rules.renewal import Policy

_NOT_A_LIBRARY = ("ENOEXEC", "EISDIR", "ENOSYS")

_MOST_NAMED = 8
"""At most so many modules are named that were not asked about a card."""

_SYSTEMS = {"linux": "Linux", "win32": "Windows", "darwin": "macOS"}
"""What people call the systems of `Host.platform`."""

_MISNAMED = ("driver-file-missing", "driver-not-library")
"""Codes of a wrong path; others are of a broken installation."""

_MAKES = {"i386": "x86", "x86_64": "x86", "arm": "arm", "aarch64": "arm"}
"""The kind of processor of a machine, whatever its bits."""

_NOT_FOUND = re.compile(
    r"(?:^|: )(?P<library>[\w.+-]{1,80}): cannot open shared object file: No such file"
    r"|Library not loaded: '?(?:[^\n:']{0,400}/)?(?P<of_mac>[\w.+-][\w.+ -]{0,79}?)"
    r"(?='|\s*$|\s*\n|\s+Referenced from)"
)
"""What loaders say if a library that a driver needs is not there.

It is English in every language: glibc translates it only for a program that calls setlocale, which
cardtool does not (seen with LANGUAGE=tr on Debian 12, 2026-11-29), and dyld never does. Windows
names no library. Source: glibc, elf/dl-load.c; Apple, dyld.
"""

_Reason = tuple[str, dict[str, Fact]]
"""The code of a finding, and its facts besides reader and card."""


def check(snapshot: Snapshot, at: datetime, _policy: Policy) -> Iterator[Finding]:
    """Give findings about each module, and about each card that no module read."""
    can_sign, needs = desk.can_sign(snapshot, at), _needs(snapshot)
    fitting_ids = {
        fitting.module_id(module) for module in snapshot.modules if fitting.fits(module, snapshot)
    }
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
            is_misfit = "built_for" in trouble.facts
            is_twin = not fitting.is_named(module) and fitting.module_id(module) in fitting_ids
            has_twin = is_misfit and is_twin
            yield from _weighed(trouble, needs(module), has_twin=has_twin, can_sign=can_sign)
        elif trouble is not None:
            yield trouble
    yield from _gaps(snapshot)
    yield from _installed(snapshot)


def _trouble(module: Module, snapshot: Snapshot) -> Finding | None:
    """Return what is wrong with a module, as if every card here needed it."""
    library, is_named = module.library, fitting.is_named(module)
    parts = (library, module.info, module.slots)
    failure = next((part for part in parts if isinstance(part, Failure)), None)
    if failure is not None and desk.is_ours(failure):
        return finding("cardtool-fault", part=module.path, reason=failure)
    if failure is not None:
        if failure.name == "ENOENT" and not is_named:
            return None
        code = _code(failure, is_file=failure is library, is_named=is_named)
        if code == "driver-load-failed" and (needed := _missing_library(failure)):
            code = "driver-needs-library"
            return finding(code, module=module.path, library=needed, reason=failure)
        return finding(code, module=module.path, reason=failure)
    if isinstance(library, Failure) or module.info or fitting.fits(module, snapshot):
        return None
    known = catalog.module_at(module.path)
    return finding(
        _misfit(library, snapshot.host),
        module=module.path,
        product=known.package if known else ntpath.basename(module.path),
        built_for=library.machines,
        built_for_bits=library.bits,
        machine=snapshot.host.machine,
        machine_bits=snapshot.host.bits,
    )


def _missing_library(failure: Failure) -> str | None:
    """Return the file name of the library that a loader looked for in vain; None: it named none."""
    named = _NOT_FOUND.search(failure.detail)
    return named and (named["library"] or named["of_mac"])


def _misfit(library: Library, host: Host) -> str:
    """Say why this process cannot load a library: for its bits, its processor, or only itself."""
    if _fits_the_computer(library, host):
        return "driver-for-other-program"
    makes = {_MAKES.get(machine, machine) for machine in library.machines}
    is_near = _MAKES.get(host.machine, host.machine) in makes
    return "driver-wrong-architecture" if is_near else "driver-other-processor"


def _fits_the_computer(library: Library, host: Host) -> bool:
    """Tell whether a driver fits the computer, though not the kind of this process.

    A 32-bit process may run beside a 64-bit driver, an Intel process on a Mac with Apple silicon,
    and Windows on ARM runs programs for Intel. Source: Microsoft, WOW64; Apple, Rosetta.
    """
    machines, is_arm = set(library.machines), host.machine == "aarch64"
    if host.platform == "win32" and is_arm and machines & {"x86_64", "i386"}:
        return True
    return host.bits < library.bits or ("rosetta" in host.session.marks and "aarch64" in machines)


def _code(failure: Failure, *, is_file: bool, is_named: bool) -> str:
    match failure.api, failure.name:
        case "os", "ENOENT":
            return "driver-file-missing"
        case "os", name if name in _NOT_A_LIBRARY:
            return "driver-not-library" if is_named else "driver-damaged"
        case "os", _:
            return "driver-file-unreadable" if is_file else "driver-load-failed"
        case "worker", "TIMEOUT":
            return "driver-hung"
        case "worker", _:
            return "driver-crashed"
        case _:
            return "driver-refused"


def _needs(snapshot: Snapshot) -> Callable[[Module], tuple[bool, bool]]:
    """Return a function that tells whether a card needs a module, or was read without it.

    The second means that another module read the card in its place (`desk.is_missed`).
    """
    reading = desk.reading_modules(snapshot)
    known: dict[tuple[bool, str | None], tuple[bool, bool]] = {}

    def needs(module: Module) -> tuple[bool, bool]:
        kind = fitting.is_named(module), fitting.module_id(module)
        if kind not in known:  # modules of one kind are needed alike
            fit = partial(fitting.may_be_for, module)
            seats = [seat for seat in desk.signing_seats(snapshot) if fit(seat.card)]
            read = [seat for seat in seats if seat.reader in reading]
            is_missed = any(desk.is_missed(module, seat, reading[seat.reader]) for seat in read)
            known[kind] = len(read) < len(seats), is_missed
            if fitting.is_named(module) and not seats:
                known[kind] = not desk.tokens(snapshot), True
        return known[kind]

    return needs


def _weighed(
    trouble: Finding, needs: tuple[bool, bool], *, has_twin: bool, can_sign: bool
) -> Iterator[Finding]:
    """Report the trouble with a module, or only note it if no card here needs the module."""
    (is_awaited, is_missed), facts = needs, trouble.facts
    named = {"module": facts["module"], "reason": facts.get("reason", facts.get("built_for"))}
    if is_awaited and not has_twin:
        yield trouble
    if is_missed and (can_sign or not is_awaited):
        is_misnamed = trouble.code in _MISNAMED
        yield finding("driver-beside-misnamed" if is_misnamed else "driver-beside-failed", **named)
    elif has_twin or not is_awaited:
        yield finding("driver-other-failed", **named)


def _gaps(snapshot: Snapshot) -> Iterator[Finding]:
    """Say for each card that no module read, why; all cards of one kind have the same reason."""
    reasons: dict[str, list[_Reason]] = {}
    for seat in desk.unread_seats(snapshot):
        card = seat.card
        if card.id not in reasons:
            reasons[card.id] = list(_reasons(card, snapshot))
        for code, facts in reasons[card.id]:
            yield finding(code, reader=seat.reader, card=card.name, **facts)


def _reasons(card: catalog.Card, snapshot: Snapshot) -> Iterator[_Reason]:
    """Say why a kind of card was not read: there is no module for it, or no module saw it."""
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


def _is_present(module: Module, card: catalog.Card) -> bool:
    if fitting.is_named(module) and fitting.module_id(module) is None:
        return True
    return fitting.is_for(module, card) and fitting.is_installed_or_named(module)


def _failed_by_us(module: Module) -> bool:
    tokens = (slot.token for slot in fitting.slots(module))
    return any(map(desk.is_ours, (module.info, module.slots, *tokens)))


def _missing(card: catalog.Card, snapshot: Snapshot) -> _Reason:
    """Name the driver to install, and the one for other cards that was named instead."""
    known, host = catalog.load(), snapshot.host
    modules = [known.module(name) for name in card.modules]
    facts: dict[str, Fact] = {
        "product": modules[0].package,
        "system": _SYSTEMS.get(host.platform, host.platform),
        "bits": host.bits,
    }
    for module in snapshot.modules:
        if fitting.is_named(module) and isinstance(module.slots, tuple):
            return "driver-not-for-card", {**facts, "module": module.path}
    paths = [path for module in modules for path in module.paths(host.platform, host.bits)]
    code = "driver-out-of-reach" if session.hides_parts(snapshot) else "driver-missing"
    if code == "driver-missing" and session.is_remote(host):
        code = "driver-missing-remote"
    return code, {**facts, "paths": paths or None}


def _installed(snapshot: Snapshot) -> Iterator[Finding]:
    """Give findings for card modules as files, whether or not one was loaded."""
    installed = [
        (known, module, module.library.size_bytes)
        for module in snapshot.modules
        if isinstance(module.library, Library)
        and (known := catalog.module_at(module.path)) is not None
        and known.purpose == "card"
    ]
    products = fitting.products(snapshot)
    if len(products) > 1:
        yield finding("drivers-several", products=products)
    sizes: dict[tuple[str, str], dict[str, int]] = {}
    cards = desk.signing_cards(snapshot)
    for known, module, size in installed:
        is_fit = fitting.fits(module, snapshot)
        if is_fit and known.needs_service and _is_held_back(module, snapshot):
            yield finding("driver-held-back", module=module.path)
        if is_fit and size > 0 and any(fitting.is_for(module, card) for card in cards):
            copies = sizes.setdefault((known.package, ntpath.basename(module.path).lower()), {})
            copies[module.path] = size
    for (product, _), copies in sizes.items():
        if len(set(copies.values())) > 1:
            yield finding("driver-copies-differ", product=product, paths=copies)


def _is_held_back(module: Module, snapshot: Snapshot) -> bool:
    return (
        snapshot.host.platform == "win32"
        and ports.is_service_stopped(snapshot.readers)
        and module.info is None
    )
