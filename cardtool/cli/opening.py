# SPDX-License-Identifier: Apache-2.0
"""Opens the store that a fleet command uses, and asks before anything is removed from it."""

import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cardtool import console, places
from cardtool.cli.asked import Asked
from cardtool.cli.output import write, write_file
from cardtool.cli.refusal import Refusal
from cardtool.fleet.store.database import Store

if TYPE_CHECKING:
    from click._termui_impl import ProgressBar


def opened(asked: Asked, *, may_make: bool = False) -> Store:
    """Open the store that the option or the configuration names, or this user's own file.

    Only commands that fill a store may make one (`may_make`). Otherwise a mistyped name would make
    a new, empty store, which would answer. While many snapshots are judged, a bar shows the
    progress.

    Raises:
        Refused: the configuration or the store cannot be used.
    """
    ctx = click.get_current_context()
    folder = Path(places.folder("user_data"))
    address = asked.option("database") or asked.config.fleet.database or str(folder / "fleet.db")
    output = asked.option("output")
    if output and os.path.realpath(output) == os.path.realpath(address):
        asked.misuse("-o names the store itself: name another file.")
    store = Store(address, may_make=may_make)
    ctx.call_on_close(store.close)
    if _may_show_progress(asked):
        store.progress = _Bar(ctx, asked.text.label("judging"))
    return store


def _may_show_progress(asked: Asked) -> bool:
    """Tell whether somebody sees a progress bar, and no list would be written into it."""
    if not sys.stderr.isatty():
        return False
    is_at_once = asked.option("at") is None  # everything is judged before the first line
    return is_at_once or asked.option("output") is not None or not sys.stdout.isatty()


class _Bar:
    """Shows on standard error how many workstations have been judged again."""

    def __init__(self, ctx: click.Context, label: str) -> None:
        self._ctx, self._label = ctx, label
        self._bar: ProgressBar[int] | None = None

    def __call__(self, done: int, number: int) -> None:
        if self._bar is None:
            self._bar = click.progressbar(length=number, label=self._label, file=sys.stderr)
            self._ctx.call_on_close(self._bar.render_finish)
        self._bar.update(done - self._bar.pos)


def remove(asked: Asked, about: list[str], question: str, do: Callable[[], str]) -> None:
    """Say what will be removed, ask, remove it, and say so; --dry-run only says it.

    With -o, the text before the question goes to standard error, and the file gets all of it at the
    end. If the file cannot be written, nothing is removed.
    """
    if asked.option("dry_run"):
        write(asked, about)
    elif asked.file is None:
        write(asked, about)
        confirm(asked, question)
        write(asked, [do()])
    else:
        console.write(about, sys.stderr)
        confirm(asked, question)
        write_file(Path(asked.file), _encoded(about, do))


def _encoded(about: list[str], do: Callable[[], str]) -> Iterator[bytes]:
    """Yield the contents of the file; only after the first part is written is anything removed."""
    yield "".join(about).encode("utf-8", "replace")
    yield do().encode("utf-8", "replace")


def confirm(asked: Asked, question: str) -> None:
    """Ask the question of this key of `[label]`, unless --yes was given.

    Raises:
        Refusal: the answer is no, or nobody is there to be asked.
    """
    if asked.option("yes"):
        return
    if not sys.stdin.isatty():
        raise Refusal(code="nobody-to-ask")
    if not click.confirm(asked.text.label(question), err=True):
        raise Refusal(code="not-confirmed")
