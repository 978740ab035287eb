# SPDX-License-Identifier: Apache-2.0
"""Reads the cards of this workstation through the modules that each of them needs.

Each module is read in a worker, so that a bad slot, token or module does not hide the others.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import chain

from msgspec.structs import replace

from cardtool import catalog
from cardtool.deadline import Deadline
from cardtool.model.snapshot import Card, Failure, Module, Reader, Slot, Token
from cardtool.probe import modules, opensc
from cardtool.probe.isolation import Workers
from cardtool.probe.jobs import OPENED, TOKEN, OpenModule, ReadToken, ask

_RESET = ("CKR_DEVICE_REMOVED", "CKR_SESSION_CLOSED", "CKR_SESSION_HANDLE_INVALID")
"""A module's errors when the card it was reading was reset or pulled by somebody else."""

_SHORTEST_PART = 4  # letters; a shorter part of a name does not identify the reader
_CUT = "..."  # how a reader's name ends in a slot description that is too short for it (OpenSC)


def read_cards(
    fitting: tuple[Module, ...],
    readers: tuple[Reader, ...],
    deadline: Deadline,
    workers: Workers,
    *,
    asked_for: bool,
) -> tuple[dict[str, Module], tuple[str, ...]]:
    """Read the cards through the modules that they need.

    Return these modules with their answers, by path, and the readers whose cards were tried by a
    module that has finished. Modules that were `asked_for` are read whatever is in the readers.
    """
    cards = _cards(readers)
    wanted = {name: modules.candidates(card, fitting) for name, card in cards.items()}
    queue = list(fitting if asked_for else dict.fromkeys(chain.from_iterable(wanted.values())))
    unread = set(cards)
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
            tokens = ((slot.reader, slot.token) for slot in slots)
            unread -= {
                reader
                for reader, token in tokens
                if isinstance(token, Token) and isinstance(token.certificates, tuple)
            }
        read[module.path] = answer
        if not is_hung(answer):
            tried.update(_readable(module, readers)[0])
    return read, tuple(sorted(tried))


def read_module(
    module: Module, environment: dict[str, str], deadline: Deadline, workers: Workers
) -> Module:
    """Return the module with its slots and tokens, as far as they could be read.

    If a slot crashes a worker or takes too long, a new worker reads the other slots.
    """
    worker = workers.pkcs11(deadline.left_s / 2)
    question = OpenModule(path=module.path, environment=environment)
    opened = ask(worker, question, OPENED, timeout_s=deadline.left_s)
    tokens: dict[int, Token | Failure | None] = {}
    refusal: Failure | None = None
    occupied = () if isinstance(opened, Failure) else opened.occupied
    for place, slot_id in enumerate(occupied):
        if worker.is_lost and refusal is None:
            worker = workers.pkcs11()
            again = ask(worker, question, OPENED, timeout_s=deadline.left_s)
            refusal = again if isinstance(again, Failure) else None
        if refusal is not None:
            tokens[slot_id] = refusal
            continue
        share = deadline.share(len(occupied) - place)
        tokens[slot_id] = ask(worker, ReadToken(slot_id=slot_id), TOKEN, timeout_s=share.left_s)
    worker.end()
    if isinstance(opened, Failure):
        return replace(module, info=opened, slots=opened)
    slots = (replace(slot, token=tokens.get(slot.id, slot.token)) for slot in opened.slots)
    return replace(module, info=opened.info, slots=tuple(slots))


def match_slots(slots: Sequence[Slot], readers: Iterable[str]) -> tuple[Slot, ...]:
    """Name the reader of each slot.

    A slot's description is its reader's name, whole or cut to 64 bytes. Readers with the same
    description are taken in their order, which modules keep.
    """
    names = tuple(readers)
    groups: dict[str, list[Slot]] = {}
    for slot in slots:
        groups.setdefault(slot.description.strip(), []).append(slot)
    reader_of: dict[int, str] = {}
    for description, group in groups.items():
        fitting = _readers_like(description, names)
        if fitting:
            slots_a_reader = max(1, len(group) // len(fitting))
            for place, slot in enumerate(group):
                reader_of[slot.id] = fitting[min(place // slots_a_reader, len(fitting) - 1)]
    return tuple(replace(slot, reader=reader_of.get(slot.id)) for slot in slots)


def _readers_like(description: str, names: tuple[str, ...]) -> tuple[str, ...]:
    if not description:
        return ()
    exact = tuple(name for name in names if name.strip() == description)
    part = description.removesuffix(_CUT)
    if exact or len(part) < _SHORTEST_PART:
        return exact
    return tuple(name for name in names if part in name)


@contextmanager
def environment(module: Module, readers: tuple[Reader, ...]) -> Iterator[dict[str, str]]:
    """Give the variables that a module is loaded with; only OpenSC needs any."""
    if not _is_opensc(module):
        yield {}
        return
    cards, others = _readable(module, readers)
    with opensc.environment(cards.values(), wanted=tuple(cards), others=others) as settings:
        yield settings


def _visible(module: Module, readers: tuple[Reader, ...]) -> tuple[str, ...]:
    """Return the readers that a module has slots for."""
    cards, others = _readable(module, readers)
    ignored = opensc.ignorable(tuple(cards), others) if _is_opensc(module) else ()
    return tuple(reader.name for reader in readers if reader.name not in ignored)


def _cards(readers: tuple[Reader, ...]) -> dict[str, catalog.Card | None]:
    """Return the card in each reader that has one, None for an unknown card."""
    return {
        reader.name: catalog.card_for(reader.card.atr)
        for reader in readers
        if isinstance(reader.card, Card)
    }


def _readable(
    module: Module, readers: tuple[Reader, ...]
) -> tuple[dict[str, catalog.Card | None], list[str]]:
    """Return the cards that a module is to read, by reader, and the other readers with a card."""
    cards = _cards(readers)
    mine = {name: card for name, card in cards.items() if modules.candidates(card, [module])}
    filled = (reader.name for reader in readers if reader.card is not None)
    return mine, [name for name in filled if name not in mine]


def is_hung(module: Module) -> bool:
    """Tell whether a card may still be busy with what a module asked of it."""
    slots = module.slots if isinstance(module.slots, tuple) else ()
    answers = (module.info, *(slot.token for slot in slots))
    return any(isinstance(answer, Failure) and answer.name == "TIMEOUT" for answer in answers)


def _is_opensc(module: Module) -> bool:
    known = catalog.module_at(module.path)
    return known is not None and known.id == "opensc"


def reset_cards(read: dict[str, Module]) -> set[str]:
    """Return the readers whose card was reset or pulled while a module read it."""
    reset = set()
    for module in read.values():
        for slot in module.slots if isinstance(module.slots, tuple) else ():
            failure = slot.token.certificates if isinstance(slot.token, Token) else slot.token
            if slot.reader and isinstance(failure, Failure) and failure.name in _RESET:
                reset.add(slot.reader)
    return reset
