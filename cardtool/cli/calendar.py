# SPDX-License-Identifier: Apache-2.0
"""The dates of the cards of this machine into a file, or no file where there are none."""

from collections.abc import Iterable, Iterator
from itertools import chain

from cardtool.cli.refusal import Refusal
from cardtool.cli.session import Session
from cardtool.model.diagnosis import Diagnosis
from cardtool.views import view


def write(session: Session) -> int:
    """Write the calendar and return the exit status: where there is none, that of the diagnosis.

    Raises:
        Refusal: it cannot be written.
    """
    return 0 if show(session, [session.judge(session.look())]) else session.worst


def show(session: Session, diagnoses: Iterable[Diagnosis]) -> bool:
    """Write the dates of all diagnoses, or say that there are none; tell whether there are.

    Raises:
        Refusal: they cannot be written.
    """
    verdicts: dict[str, None] = {}

    def passing() -> Iterator[Diagnosis]:
        for each in diagnoses:
            verdicts[each.verdict] = None
            yield each

    parts = view("ics")(passing(), session.text)
    first = next(parts, None)
    if first is not None:
        session.write_bytes(part.encode() for part in chain([first], parts))
    elif verdicts:  # else it has been said why nothing was judged
        Refusal(code="calendar-nothing", verdict=", ".join(verdicts)).show()
    return first is not None
