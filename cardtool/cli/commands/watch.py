# SPDX-License-Identifier: Apache-2.0
"""`cardtool watch`: a line for each change of the readers and cards, with the verdict after it."""

import errno
import os
import signal
from collections import Counter
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import click

from cardtool.cli.asked import Asked, settings
from cardtool.cli.judging import judge, leaving, record
from cardtool.cli.looking import look
from cardtool.cli.options import AT, KEEP, LOOKING, PathName, showing
from cardtool.cli.output import write, write_file, write_view
from cardtool.cli.refusal import Refusal
from cardtool.files import opened
from cardtool.live.following import Follower, Report
from cardtool.live.watching import Change, Event
from cardtool.model.diagnosis import Diagnosis, Severity
from cardtool.model.lists import Seen, Summary
from cardtool.model.snapshot import SIZE_LIMIT_BYTES
from cardtool.probe.isolation import Workers
from cardtool.rules import diagnose
from cardtool.rules.summary import dated, summarise
from cardtool.views import LIST, formats, view


class _Checked(NamedTuple):
    """The result of a check, for the screen and for the file."""

    diagnosis: Diagnosis
    leaves: Summary


@click.command()
@click.option("--desk", "file", metavar="FILE", type=PathName(),
              help="Add a row to this CSV for each card that is put in, and count them at the end."
              )  # fmt: skip
@settings(*showing(*formats("seen")), *LOOKING, AT, KEEP)
def watch(asked: Asked, *, file: str | None) -> None:
    """Say what is plugged in and taken out, and the verdict each time; Ctrl-C ends it."""
    desk = None if file is None else _Desk(asked, Path(file))
    if desk is not None:  # the sum is also shown if another program ends this one
        signal.signal(signal.SIGTERM, signal.default_int_handler)
    follower = Follower(partial(_check, asked), click.get_current_context().obj)
    try:
        for report in follower.reports():
            if report.result is not None:
                if desk is not None and _is_card(report.change):
                    desk.add(report.result.leaves)  # first: writing the line may end the program
                _show(asked, report, report.result)
    except KeyboardInterrupt:
        if desk is not None:
            desk.say()
    finally:
        follower.end()


def _check(asked: Asked, workers: Workers) -> _Checked:
    snapshot = look(asked, workers)
    diagnosis = judge(asked, snapshot)
    record(asked, diagnosis)
    left = diagnose(leaving(asked, snapshot), diagnosis.at, asked.config.days())
    return _Checked(diagnosis, dated(summarise(left), asked.config.days()))


def _show(asked: Asked, report: Report[_Checked], checked: _Checked) -> None:
    """Write the line of a change, with the verdict after it."""
    summary, deciding = summarise(checked.diagnosis), checked.diagnosis.deciding
    seen = Seen(
        code=report.change.event.value,
        at=report.at,
        severity=summary.severity,
        verdict=summary.verdict,
        codes=summary.codes,
        readers=report.change.names,
        holder=summary.holder,
        not_after_at=summary.not_after_at,
    )
    beside: dict[str, Any] = {"deciding": {deciding.code: deciding}} if asked.format.people else {}
    write_view(asked, [seen], "seen", **beside)


def _is_card(change: Change) -> bool:
    """Tell whether somebody has just put in a card, or brought one in with its reader."""
    came = change.event in (Event.STARTED, Event.READER_CAME, Event.CARD_CAME)
    readers = change.readers if isinstance(change.readers, tuple) else ()
    return came and any(reader.card is not None for reader in readers)


class _Desk:
    """The file with the cards of a helpdesk, written whole after each card."""

    def __init__(self, asked: Asked, path: Path) -> None:
        """Write the heading of a new file.

        Raises:
            Refusal: it is not a file that rows can be added to.
        """
        self._asked, self._path = asked, path
        self._met: Counter[Severity] = Counter()
        self._heading = "".join(view("csv", LIST)([])).encode()
        write_file(path, self._body(), option="--desk")

    def add(self, line: Summary) -> None:
        """Add the row of a card."""
        _, row = view("csv", LIST)([line])
        body = self._body() + row.encode("utf-8", "replace")
        write_file(self._path, body, option="--desk")
        self._met[line.severity] += 1

    def _body(self) -> bytes:
        """Read the rows again each time, because another desk may add to the same file.

        Raises:
            Refusal: it cannot be read, or is no file of ours.
        """
        try:
            with opened(self._path) as stream:
                body = stream.read(SIZE_LIMIT_BYTES + 1) or self._heading
        except FileNotFoundError:
            return self._heading
        except OSError as error:
            raise self._refusal(error.strerror or str(error)) from error
        if len(body) > SIZE_LIMIT_BYTES:
            raise self._refusal(os.strerror(errno.EFBIG))
        if not body.startswith(self._heading):
            raise self._refusal(self._asked.text.label("watch-other-columns"))
        return body if body.endswith(b"\n") else body + b"\r\n"

    def _refusal(self, reason: str) -> Refusal:
        file = str(self._path)
        return Refusal(code="output-unwritable", file=file, reason=reason, option="--desk")

    def say(self) -> None:
        """Say how many cards there were, and how many of each state."""
        text = self._asked.text
        parts = [
            f"{text.label(f'severity-{severity.value}')}: {self._met[severity]}"
            for severity in Severity
            if self._met[severity]
        ]
        total = text.label("watch-total", number=str(self._met.total()), file=str(self._path))
        if self._asked.format.people:
            write(self._asked, ["\n", total, " ", ", ".join(parts), "\n"])
        else:
            click.echo(f"{total} {', '.join(parts)}", err=True)
