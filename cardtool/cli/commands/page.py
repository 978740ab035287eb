# SPDX-License-Identifier: Apache-2.0
"""`cardtool page`: the page in a browser that follows what is plugged in and taken out."""

from functools import partial

import click

from cardtool.cli.asked import Asked, settings
from cardtool.cli.judging import judge, record, redacted, tell_reminders
from cardtool.cli.looking import look
from cardtool.cli.options import AT, KEEP, LOOKING, showing
from cardtool.cli.output import write
from cardtool.cli.showing import live_page, ready_live_page
from cardtool.live import browser, server
from cardtool.live.following import Follower, Report
from cardtool.live.site import Wording
from cardtool.model.diagnosis import Diagnosis
from cardtool.model.snapshot import Snapshot, encode
from cardtool.probe.isolation import Workers
from cardtool.text import LANGUAGES, Text

_WAITS = "allow-more-time"
"""The step that asks for a longer check; on the page that is the next one."""

_LONG_S = 60.0


@click.command()
@click.option("--no-open", is_flag=True, help="Print the page's address and open no browser.")
@settings(*showing("html"), *LOOKING, AT, KEEP)
def page(asked: Asked, *, no_open: bool) -> None:
    """Follow the reader and the card on a page in the browser; ends when it is closed."""
    first: Workers | None = click.get_current_context().obj
    last: list[tuple[Snapshot, Diagnosis]] = []

    def check(workers: Workers) -> Diagnosis:
        is_slow = any(_WAITS in finding.steps for _, it in last for finding in it.findings)
        snapshot = look(asked, workers, least_s=_LONG_S if is_slow else 0.0)
        diagnosis = judge(asked, snapshot)
        last[:] = [(snapshot, diagnosis)]
        return diagnosis

    def saved() -> bytes:
        return b"".join(encode(redacted(asked, snapshot)) for snapshot, _ in last)

    def keep(diagnosis: Diagnosis) -> None:
        record(asked, diagnosis)
        tell_reminders(asked, diagnosis)
        ready_live_page(asked)

    def wording(text: Text) -> Wording[Diagnosis]:
        return Wording(line=partial(_line, text=text), page=partial(live_page, asked, text))

    usual = asked.text.language
    languages = (usual, *(language for language in LANGUAGES if language != usual))
    wordings = {language: wording(asked.text.into(language)) for language in languages}
    wordings[usual].page(None)  # loads what pages need before a thread loads the same
    opened = partial(_open, asked, is_wanted=not no_open)
    follow = partial(Follower, check, first, once_reported=keep)
    server.serve(server.bound(), wordings, follow, opened, saved)


def _open(asked: Asked, address: str, *, is_wanted: bool) -> None:
    """Open the address in a browser; print it if no browser is wanted or found."""
    if not is_wanted or not browser.open_window(address):
        write(asked, [f"{address}\n"])


def _line(report: Report[Diagnosis], text: Text) -> str:
    """Say what has changed and when, and whether the check after it has ended."""
    seen = text.label(f"live-{report.change.event.value}")
    said = text.label("live-checking" if report.result is None else "live-checked")
    return f"{text.local(report.at):%H:%M:%S} · {seen} {said}"
