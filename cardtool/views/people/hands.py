# SPDX-License-Identifier: Apache-2.0
"""What the hands of a person do: what is drawn of it, and what PC/SC sees of it."""

from collections.abc import Sequence

from cardtool.views.people.contents import Act

DRAWN = frozenset({"card-missing", "card-beside-slot", "card-mute", "card-unpowered"})
"""Codes of findings that the drawing of a card and its reader helps with."""

_PLUGGING = frozenset({"plug-reader", "plug-own-reader", "plug-reader-here", "try-other-port"})
"""Steps that the drawing of a reader and its port helps with, where they come first."""

_HANDS = {
    **dict.fromkeys(
        ("plug-reader", "plug-own-reader", "plug-reader-too", "try-other-port"), ("reader-came",)
    ),
    **dict.fromkeys(
        ("reseat-card", "reinsert-card", "insert-nes-card"), ("card-gone", "card-came")
    ),
    "replug-reader": ("reader-gone", "reader-came"),
    **dict.fromkeys(("insert-card", "insert-card-into-working", "insert-on-host"), ("card-came",)),
}
"""Steps that PC/SC can see being done -> the changes that show it, in their order."""


def drawn(acts: Sequence[Act]) -> str:
    """Return what a page draws, `card` or `reader`; empty: nothing."""
    if any(act.finding.code in DRAWN for act in acts):
        return "card"
    first = next((code for act in acts[:1] for _, steps in act.steps for _, code in steps), "")
    return "reader" if first in _PLUGGING else ""


def awaited(acts: Sequence[Act]) -> tuple[str, ...]:
    """Return the changes to wait for during the first step that PC/SC can see; empty: it sees none.

    Only steps of the first trouble count, because the others come after them.
    """
    steps = [step for act in acts[:1] for _, steps in act.steps for _, step in steps]
    return next((_HANDS[step] for step in steps if step in _HANDS), ())
