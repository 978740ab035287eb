# SPDX-License-Identifier: Apache-2.0
"""One check of this workstation: asks each probe, one after another.

PC/SC and PKCS#11 are never asked at the same time, because a vendor's library may hold the card
exclusively. Their workers start together, so that one loads while the other works.
"""

import time
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import chain

import msgspec
from msgspec.structs import replace

from cardtool import BUILT_ON, __version__
from cardtool.deadline import Deadline
from cardtool.model.limits import fitted
from cardtool.model.snapshot import Failure, Module, Snapshot
from cardtool.model.trust import Online
from cardtool.probe import host, last_good, modules
from cardtool.probe.isolation import Workers
from cardtool.probe.jobs import READERS, ListReaders, ask
from cardtool.probe.reading import is_hung
from cardtool.probe.rereading import LAST_LIST_S, Readers, read_until_sure
from cardtool.probe.surroundings import Surroundings

_FIRST_SHARE = 2 / 3
"""Share of the time for the first list of readers, if named modules are asked in any case."""

_WAITING_SHARE = 0.5  # share of the time that may be spent on waiting for another check

_LONGEST_WAIT_S = 45.0
"""Under a minute: after that a worker without a question assumes that its parent has gone."""

_WAITED = Failure(api="worker", name="WAITED", detail="another check is using the cards")

_BUILT_AT = datetime.fromisoformat(BUILT_ON).replace(tzinfo=UTC)


class Options(msgspec.Struct, frozen=True, kw_only=True):
    """The options of a check."""

    timeout_s: float = 10.0
    """For the whole check; what has not answered by then is a `Failure`."""
    modules: tuple[str, ...] = ()
    """PKCS#11 modules to use instead of searching, with or without a card."""
    extra_modules: tuple[str, ...] = ()
    """Modules to try after those that were found."""
    is_patient: bool = False
    """Nobody waits at the screen, so waiting for another check does not count for `timeout_s`."""
    online: Online | None = None
    """How issuers' servers are asked, after the check and beyond `timeout_s`; None: not asked."""


def take_snapshot(
    options: Options | None = None,
    started: Workers | None = None,
    meanwhile: Iterator[object] | None = None,
) -> Snapshot:
    """Check this workstation; what cannot be read is a `Failure` in the result.

    `started` are workers that were started earlier. `meanwhile` are steps of other work, which are
    done while this process waits for a card.
    """
    options = options or Options()
    with started or Workers() as workers:
        patience_s = min(options.timeout_s, _LONGEST_WAIT_S) if options.is_patient else 0.0
        if options.is_patient and workers.lock.wait(patience_s):
            workers.lock.waited_for = None  # it took nothing of the time of this check
        start = time.monotonic()
        deadline = Deadline(options.timeout_s)
        taken_at = datetime.now(UTC).astimezone()
        machine = host.describe()
        around = Surroundings(options.timeout_s + LAST_LIST_S)
        installed: list[Module] = []
        search = _search(installed, options, machine.bits)
        workers.work(search)
        asked_for = bool(options.modules)
        longest_s = _LONGEST_WAIT_S - patience_s
        is_alone = workers.lock.wait(min(deadline.left_s * _WAITING_SHARE, longest_s))
        first_s = deadline.left_s * (_FIRST_SHARE if asked_for else 1)
        first = readers = (
            ask(workers.pcsc, ListReaders(), READERS, timeout_s=first_s) if is_alone else _WAITED
        )
        for _ in search:  # unless it was done meanwhile
            pass
        if not readers or isinstance(readers, Failure):
            around.ask_services()
        fitting = tuple(
            module
            for module in installed
            if is_alone
            if modules.fits(module, machine.machine)
            if not modules.is_held_back(module, readers, machine.platform)
        )
        workers.work(chain(around.steps(), meanwhile or ()))
        readers, read = read_until_sure(
            fitting, readers, deadline, workers, asked_for=asked_for, at=taken_at
        )
        if _is_held(readers) and machine.platform != "darwin":  # macOS does not tell
            around.find_clients(workers.pids)
        before = workers.lock.waited_for
    modules_read = tuple(read.get(module.path, module) for module in installed)
    snapshot = Snapshot(
        taken_at=taken_at,
        tool=f"cardtool {__version__}",
        host=machine,
        readers=readers,
        modules=modules_read,
        elapsed_s=0.0,
        vanished=_vanished(first, readers),
        running=before if not is_alone or _is_cut_short(readers, modules_read) else None,
        built_at=_BUILT_AT,
        last_good=last_good.recall(),
    )
    snapshot = around.added_to(snapshot)
    if options.online is not None:
        from cardtool.probe import online  # noqa: PLC0415 - seldom asked for

        snapshot = replace(snapshot, trust=online.prove(snapshot, options.online))
    return fitted(replace(snapshot, elapsed_s=round(time.monotonic() - start, 3)))


def _search(installed: list[Module], options: Options, bits: int) -> Iterator[None]:
    """Add the modules that are installed, in a step that is done while the readers are listed."""
    installed += modules.find(options.modules, options.extra_modules, bits)
    yield


def _is_cut_short(readers: Readers, read: tuple[Module, ...]) -> bool:
    """Tell whether something gave no answer, maybe because too little time was left."""
    is_unanswered = isinstance(readers, Failure) and readers.name == "TIMEOUT"
    return is_unanswered or any(map(is_hung, read))


def _is_held(readers: Readers) -> bool:
    """Tell whether some program keeps a card from others."""
    return any(
        "EXCLUSIVE" in reader.states
        or (reader.connection and reader.connection.name == "SCARD_E_SHARING_VIOLATION")
        for reader in (readers if isinstance(readers, tuple) else ())
    )


def _vanished(first: Readers, last: Readers) -> tuple[str, ...]:
    """Return the names of the readers that were unplugged meanwhile."""
    if isinstance(first, Failure) or isinstance(last, Failure):
        return ()
    left = {reader.name for reader in last}
    return tuple(reader.name for reader in first if reader.name not in left)
