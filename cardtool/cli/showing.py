# SPDX-License-Identifier: Apache-2.0
"""Shows diagnoses in the format that was asked for.

Modules that only some formats need are imported for these formats.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import chain

from cardtool.cli.asked import Asked
from cardtool.cli.judging import noting_severities, worst_status
from cardtool.cli.output import write, write_view
from cardtool.cli.refusal import Refusal
from cardtool.model.diagnosis import Diagnosis, Severity
from cardtool.text import Text
from cardtool.views import DIAGNOSIS, view


def show(
    asked: Asked,
    diagnoses: Iterable[Diagnosis],
    subject: str = DIAGNOSIS,
    *,
    titled: bool = False,
    **beside: object,
) -> int:
    """Write the view of a subject for each diagnosis, and return the exit status.

    `titled`: each page begins with the name of its workstation. `beside` are further arguments for
    the view.
    """
    if subject not in asked.format.gives:  # the format has lists alone
        from cardtool.cli.lists import show_diagnoses  # noqa: PLC0415

        return show_diagnoses(asked, diagnoses)
    severities: set[Severity] = set()
    diagnoses = noting_severities(diagnoses, severities)
    match asked.format.name:
        case "json":  # without `text`: JSON needs no words
            write(asked, view("json", subject)(diagnoses, **beside))
        case "ics":
            show_dates(asked, diagnoses)
        case "html":
            write_view(asked, diagnoses, subject, titled=titled, **_of_page(asked), **beside)
        case _:
            write_view(asked, diagnoses, subject, titled=titled, **beside)
    return worst_status(severities)


def show_dates(asked: Asked, diagnoses: Iterable[Diagnosis]) -> bool:
    """Write the dates of all diagnoses as a calendar; return whether there are any.

    If there are none, say so.
    """
    verdicts: dict[str, None] = {}

    def noted() -> Iterator[Diagnosis]:
        for diagnosis in diagnoses:
            verdicts[diagnosis.verdict] = None
            yield diagnosis

    parts = view("ics")(noted(), asked.text)
    first = next(parts, None)
    if first is not None:
        write(asked, chain([first], parts))
    elif verdicts:  # without diagnoses a refusal has been shown already
        Refusal(code="calendar-nothing", verdict=", ".join(verdicts)).show()
    return first is not None


def live_page(asked: Asked, text: Text, diagnosis: Diagnosis | None) -> str:
    """Return the page that follows a workstation; without a diagnosis, until there is one."""
    from cardtool.views.people import html  # noqa: PLC0415

    return "".join(html.live(diagnosis, text, **_of_page(asked)))  # type: ignore[arg-type]


def ready_live_page(asked: Asked) -> None:
    """Load what the page of a certificate needs, 0.1 s of work, before its card is put in."""
    from cardtool.rules.renewal import holidays  # noqa: PLC0415

    holidays(asked.config.days().holidays, datetime.now().astimezone().year)


def _of_page(asked: Asked) -> dict[str, object]:
    """Return what an HTML page shows besides: procedures for all roles, and moments."""
    from cardtool.catalog import procedures  # noqa: PLC0415
    from cardtool.rules.timeline import courses  # noqa: PLC0415

    policy = asked.config.days()
    guides = {
        name: procedures.guide(procedure, None, asked.institution)
        for name, procedure in procedures.load().items()
    }
    return {"guides": guides, "courses": lambda diagnosis: courses(diagnosis, policy)}
