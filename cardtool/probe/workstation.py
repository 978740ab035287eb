# SPDX-License-Identifier: Apache-2.0
"""One look at this workstation: asks each probe, one after another.

PC/SC and PKCS#11 are never asked at the same time, for a vendor's library may hold the card
exclusively. Their workers start together, so that one's start-up hides behind the other's work.
"""

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import msgspec
from msgspec.structs import replace

from cardtool import __version__
from cardtool.catalog import load
from cardtool.model.snapshot import Card, Failure, Module, Reader, Slot, Snapshot, Token
from cardtool.probe import host, modules, opensc
from cardtool.probe.deadline import Deadline
from cardtool.probe.isolation import Workers
from cardtool.probe.jobs import READERS, ListReaders, ask
from cardtool.probe.tokens import match_slots, read_module

Readers = tuple[Reader, ...] | Failure

_LAST_LOOK_S = 0.5
"""Kept back from the reading, for the look at the readers after it."""

_SETTLE_S = 2.0
"""How long a card that was pulled may take to be noticed, and again to come back."""

_READINGS = 2
"""A card that was pulled or swapped while it was read is read again once."""


class Options(msgspec.Struct, frozen=True, kw_only=True):
    """How to look."""

    timeout_s: float = 10.0
    """For everything together; what did not answer by then is a `Failure`."""
    modules: tuple[str, ...] = ()
    """PKCS#11 modules to use instead of searching, with or without a card."""
    extra_modules: tuple[str, ...] = ()
    """Modules to try after those that were found."""


def take_snapshot(
    options: Options | None = None,
    started: Workers | None = None,
    meanwhile: Callable[[], object] = lambda: None,
) -> Snapshot:
    """Look at this workstation; what the world refuses is a `Failure` in the result.

    `started` are workers that were started earlier, if any were. `meanwhile` is called once, in a
    thread, before the first module is read: a card keeps this process waiting for a while.
    """
    options = options or Options()
    start = time.monotonic()
    deadline = Deadline(options.timeout_s)
    taken_at = datetime.now(UTC).astimezone()
    with started or Workers() as workers:
        machine = host.look()
        found = modules.find(options.modules, options.extra_modules, machine.bits)
        fitting = tuple(each for each in found if modules.fits(each, machine.machine))
        readers = ask(workers.pcsc, ListReaders(), READERS, timeout_s=deadline.left_s)
        read: dict[str, Module] = {}
        threading.Thread(target=meanwhile, daemon=True).start()
        for _ in range(_READINGS):
            rest = Deadline(deadline.left_s - _LAST_LOOK_S)
            asked_for = bool(options.modules)
            read, tried = _read(fitting, readers, rest, workers, asked_for=asked_for)
            if not read:
                break
            last_s = max(deadline.left_s, _LAST_LOOK_S)
            settle_s = min(deadline.left_s / (2 * len(tried) + 1), _SETTLE_S)  # twice a reader
            again = ListReaders(verify=tried, settle_s=settle_s)
            after = ask(workers.pcsc, again, READERS, timeout_s=last_s)
            readers, changed = _compare(readers, after, tried)
            if not changed:
                break
    return Snapshot(
        taken_at=taken_at,
        tool=f"cardtool {__version__}",
        host=machine,
        readers=readers,
        modules=tuple(read.get(each.path, each) for each in found),
        elapsed_s=round(time.monotonic() - start, 3),
    )


def _read(
    fitting: tuple[Module, ...],
    readers: Readers,
    deadline: Deadline,
    workers: Workers,
    *,
    asked_for: bool,
) -> tuple[dict[str, Module], tuple[str, ...]]:
    """Read the cards through the modules they need.

    Returns these modules with what they said, by path, and the readers whose card they were tried
    on and are done with. Modules that are `asked_for` are read whatever is in the readers.
    """
    here = readers if isinstance(readers, tuple) else ()
    cards = {
        each.name: load().card_for(each.card.atr) for each in here if isinstance(each.card, Card)
    }
    wanted = {name: modules.candidates(card, fitting) for name, card in cards.items()}
    queue = list(dict.fromkeys(module for each in wanted.values() for module in each))
    unread = set(cards)
    if asked_for:
        queue = list(fitting)
    read: dict[str, Module] = {}
    tried: set[str] = set()
    while queue:
        module = queue.pop(0)
        if not asked_for and not any(module in wanted[name] for name in unread):
            continue
        mine = [name for name in cards if asked_for or module in wanted[name]]
        names = tuple(each.name for each in here)
        share = deadline.share(len(queue) + 1)
        if _is_opensc(module):
            others = [each.name for each in here if each.card is not None and each.name not in mine]
            its_cards = [cards[name] for name in mine]
            with opensc.environment(its_cards, wanted=mine, others=others) as settings:
                answer = read_module(module, settings, share, workers)
            ignored = opensc.ignorable(mine, others)
            names = tuple(name for name in names if name not in ignored)
        else:
            answer = read_module(module, {}, share, workers)
        if isinstance(answer.slots, tuple):
            slots = match_slots(answer.slots, names)
            answer = replace(answer, slots=slots)
            unread -= {slot.reader for slot in slots if _is_read(slot)}
        read[module.path] = answer
        if not _is_hung(answer):
            tried.update(mine)
    return read, tuple(sorted(tried))


def _is_read(slot: Slot) -> bool:
    return isinstance(slot.token, Token) and isinstance(slot.token.certificates, tuple)


def _is_hung(module: Module) -> bool:
    """Tell whether a card may still be busy with what a module asked of it."""
    slots = module.slots if isinstance(module.slots, tuple) else ()
    answers = (module.info, *(slot.token for slot in slots))
    return any(isinstance(each, Failure) and each.name == "TIMEOUT" for each in answers)


def _is_opensc(module: Module) -> bool:
    known = load().module_named(Path(module.path).name)
    return known is not None and known.id == "opensc"


def _compare(before: Readers, after: Readers, tried: tuple[str, ...]) -> tuple[Readers, bool]:
    """Return the readers as they are now, and whether a card came or went since `before`.

    It counts as a change of the reader only where its card was `tried`.
    """
    if isinstance(after, Failure) and after.api == "worker":  # too busy to answer once more
        return before, False
    if isinstance(before, Failure) or isinstance(after, Failure):
        return after, False
    then = {each.name: each for each in before}
    now = {each.name: each for each in after}
    changed = {
        name
        for name in then.keys() | now.keys()
        if name not in then or name not in now or _contents(then[name]) != _contents(now[name])
    }
    readers = tuple(
        replace(each, changes=_changes(then.get(each.name)) + (each.name in changed & set(tried)))
        for each in after
    )
    return readers, bool(changed)


def _contents(reader: Reader) -> tuple[int | None, Card | Failure | None]:
    return reader.event_count, reader.card


def _changes(reader: Reader | None) -> int:
    return reader.changes if reader else 0
