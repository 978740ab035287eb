# SPDX-License-Identifier: Apache-2.0
"""Reads the cards of this workstation through the modules each of them needs."""

from msgspec.structs import replace

from cardtool.catalog import card_for, module_at
from cardtool.deadline import Deadline
from cardtool.model.snapshot import Card, Failure, Module, Reader, Slot, Token
from cardtool.probe import modules, opensc
from cardtool.probe.isolation import Workers
from cardtool.probe.tokens import match_slots, read_module

_RESET = ("CKR_DEVICE_REMOVED", "CKR_SESSION_CLOSED", "CKR_SESSION_HANDLE_INVALID")
"""What a module says when the card it was reading was reset or pulled by somebody else."""


def read_cards(
    fitting: tuple[Module, ...],
    readers: tuple[Reader, ...],
    deadline: Deadline,
    workers: Workers,
    *,
    asked_for: bool,
) -> tuple[dict[str, Module], tuple[str, ...]]:
    """Read the cards through the modules they need.

    Returns these modules with what they said, by path, and the readers whose card they were tried
    on and are done with. Modules that are `asked_for` are read whatever is in the readers.
    """
    cards = {each.name: card_for(each.card.atr) for each in readers if isinstance(each.card, Card)}
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
        names = tuple(each.name for each in readers)
        share = deadline.share(len(queue) + 1)
        if is_opensc(module):
            others = [
                each.name for each in readers if each.card is not None and each.name not in mine
            ]
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
        if not is_hung(answer):
            tried.update(mine)
    return read, tuple(sorted(tried))


def _is_read(slot: Slot) -> bool:
    return isinstance(slot.token, Token) and isinstance(slot.token.certificates, tuple)


def is_hung(module: Module) -> bool:
    """Tell whether a card may still be busy with what a module asked of it."""
    slots = module.slots if isinstance(module.slots, tuple) else ()
    answers = (module.info, *(slot.token for slot in slots))
    return any(isinstance(each, Failure) and each.name == "TIMEOUT" for each in answers)


def is_opensc(module: Module) -> bool:
    """Tell whether a module is OpenSC's, by its file name."""
    known = module_at(module.path)
    return known is not None and known.id == "opensc"


def reset_cards(read: dict[str, Module]) -> set[str]:
    """Return the readers whose card was reset or pulled while a module read it."""
    slots = [slot for each in read.values() if isinstance(each.slots, tuple) for slot in each.slots]
    return {slot.reader for slot in slots if slot.reader and _is_reset(slot.token)}


def _is_reset(token: Token | Failure | None) -> bool:
    failure = token.certificates if isinstance(token, Token) else token
    return isinstance(failure, Failure) and failure.name in _RESET
