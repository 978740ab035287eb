# SPDX-License-Identifier: Apache-2.0
"""Reads the cards of this workstation through the modules each of them needs."""

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import chain

from msgspec.structs import replace

from cardtool import catalog
from cardtool.deadline import Deadline
from cardtool.model.snapshot import Card, Failure, Module, Reader, Slot, Token
from cardtool.probe import modules, opensc
from cardtool.probe.isolation import Workers
from cardtool.probe.tokens import match_slots, read_module

_RESET = ("CKR_DEVICE_REMOVED", "CKR_SESSION_CLOSED", "CKR_SESSION_HANDLE_INVALID")
"""A module's errors when the card it was reading was reset or pulled by somebody else."""


def read_cards(
    fitting: tuple[Module, ...],
    readers: tuple[Reader, ...],
    deadline: Deadline,
    workers: Workers,
    *,
    asked_for: bool,
) -> tuple[dict[str, Module], tuple[str, ...]]:
    """Read the cards through the modules they need.

    Return these modules with their answers, by path, and the readers whose cards were tried by
    modules that have finished. Modules that are `asked_for` are read whatever is in the readers.
    """
    cards = _cards(readers)
    wanted = {name: modules.candidates(card, fitting) for name, card in cards.items()}
    queue = list(dict.fromkeys(chain.from_iterable(wanted.values())))
    unread = set(cards)
    if asked_for:
        queue = list(fitting)
    read: dict[str, Module] = {}
    tried: set[str] = set()
    while queue:
        module = queue.pop(0)
        if not asked_for and not any(module in wanted[name] for name in unread):
            continue
        with environment(module, readers) as settings:
            answer = read_module(module, settings, deadline.share(len(queue) + 1), workers)
        if isinstance(answer.slots, tuple):
            slots = match_slots(answer.slots, _visible(module, readers))
            answer = replace(answer, slots=slots)
            unread -= {slot.reader for slot in slots if _is_read(slot)}
        read[module.path] = answer
        if not is_hung(answer):
            tried.update(_readable(module, cards))
    return read, tuple(sorted(tried))


@contextmanager
def environment(module: Module, readers: tuple[Reader, ...]) -> Iterator[dict[str, str]]:
    """Give the variables that a module is loaded with; only OpenSC needs any."""
    if not _is_opensc(module):
        yield {}
        return
    cards = _cards(readers)
    mine = _readable(module, cards)
    its_cards = [cards[name] for name in mine]
    with opensc.environment(its_cards, wanted=mine, others=_others(readers, mine)) as settings:
        yield settings


def _visible(module: Module, readers: tuple[Reader, ...]) -> tuple[str, ...]:
    """Return the readers that a module has slots for."""
    mine = _readable(module, _cards(readers))
    ignored = opensc.ignorable(mine, _others(readers, mine)) if _is_opensc(module) else ()
    return tuple(reader.name for reader in readers if reader.name not in ignored)


def _cards(readers: tuple[Reader, ...]) -> dict[str, catalog.Card | None]:
    """Return the card in each reader that has one, None for an unknown card."""
    return {
        reader.name: catalog.card_for(reader.card.atr)
        for reader in readers
        if isinstance(reader.card, Card)
    }


def _readable(module: Module, cards: dict[str, catalog.Card | None]) -> list[str]:
    """Return the readers whose card a module is to read."""
    return [name for name, card in cards.items() if modules.candidates(card, [module])]


def _others(readers: tuple[Reader, ...], mine: list[str]) -> list[str]:
    filled = (reader.name for reader in readers if reader.card is not None)
    return [name for name in filled if name not in mine]


def _is_read(slot: Slot) -> bool:
    return isinstance(slot.token, Token) and isinstance(slot.token.certificates, tuple)


def is_hung(module: Module) -> bool:
    """Tell whether a card may still be busy with what a module asked of it."""
    slots = module.slots if isinstance(module.slots, tuple) else ()
    answers = (module.info, *(slot.token for slot in slots))
    return any(isinstance(answer, Failure) and answer.name == "TIMEOUT" for answer in answers)


def _is_opensc(module: Module) -> bool:
    """Tell whether a module is OpenSC's, by its file name."""
    known = catalog.module_at(module.path)
    return known is not None and known.id == "opensc"


def reset_cards(read: dict[str, Module]) -> set[str]:
    """Return the readers whose card was reset or pulled while a module read it."""
    listed = (module.slots for module in read.values() if isinstance(module.slots, tuple))
    slots = chain.from_iterable(listed)
    return {slot.reader for slot in slots if slot.reader and _is_reset(slot.token)}


def _is_reset(token: Token | Failure | None) -> bool:
    failure = token.certificates if isinstance(token, Token) else token
    return isinstance(failure, Failure) and failure.name in _RESET
