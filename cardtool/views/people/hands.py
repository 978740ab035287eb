# SPDX-License-Identifier: Apache-2.0
"""What PC/SC sees of the hands of a person who follows the first steps."""

from collections.abc import Sequence

from cardtool.views.people.contents import Act

_HANDS = {
    **dict.fromkeys(("plug-reader", "plug-own-reader", "try-other-port"), ("reader-came",)),
    **dict.fromkeys(
        ("reseat-card", "reinsert-card", "insert-nes-card"), ("card-gone", "card-came")
    ),
    "replug-reader": ("reader-gone", "reader-came"),
    "insert-card": ("card-came",),
}
"""Steps that PC/SC sees being done, by the changes that it tells of meanwhile."""


def awaited(acts: Sequence[Act]) -> tuple[str, ...]:
    """Return the changes to wait for during the first step that PC/SC can see; empty: it sees none.

    Only steps of the first trouble count, because the others come after them.
    """
    steps = [step for act in acts[:1] for _, steps in act.steps for _, step in steps]
    return next((_HANDS[step] for step in steps if step in _HANDS), ())
