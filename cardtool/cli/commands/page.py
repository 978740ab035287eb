# SPDX-License-Identifier: Apache-2.0
"""`cardtool page`: the page in a browser that follows what is plugged in and taken out."""

from functools import partial

import click

from cardtool.cli.asked import Asked, settings
from cardtool.cli.judging import judge, remember
from cardtool.cli.looking import look
from cardtool.cli.options import AT, KEEP, LOOKING, showing
from cardtool.cli.output import write
from cardtool.cli.showing import page_of
from cardtool.live import browser, server
from cardtool.live.following import Follower
from cardtool.live.site import Words
from cardtool.live.words import sentence
from cardtool.probe.isolation import Workers


@click.command()
@click.option("--no-open", is_flag=True, help="Print the page's address and open no browser.")
@settings(*showing("html"), *LOOKING, AT, KEEP)
def page(asked: Asked, *, no_open: bool) -> None:
    """Follow the reader and the card on a page in the browser; ends when it is closed."""
    first: Workers | None = click.get_current_context().obj

    def check(workers: Workers) -> str:
        diagnosis = judge(asked, look(asked, workers))
        remember(asked, diagnosis)
        return page_of(asked, diagnosis)

    words = Words(
        language=asked.text.language,
        of=partial(sentence, text=asked.text),
        title=asked.text.label("live-checking"),
        again=asked.text.label("live-again"),
        ended=asked.text.label("live-ended"),
    )
    opened = partial(_open, asked, is_wanted=not no_open)
    server.serve(server.bound(), words, partial(Follower, check, first), opened)


def _open(asked: Asked, address: str, *, is_wanted: bool) -> None:
    """Open the address in a browser, or print it where that is not wanted or there is none."""
    if not is_wanted or not browser.open_window(address):
        write(asked, [f"{address}\n"])
