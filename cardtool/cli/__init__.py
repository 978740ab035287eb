# SPDX-License-Identifier: Apache-2.0
"""The command line: reads arguments, makes one call, writes what a view returns, exits.

The module of a command is imported when the command is called (`later`), so `--help` is quick, and
`explain` and `diagnose` work without device libraries.
"""

import errno
import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

import click

from cardtool import __version__
from cardtool.cli.later import later
from cardtool.cli.options import AT, KEEP, LOOKING, SHOWING, options
from cardtool.cli.refusal import UNKNOWN, Refusal, Refusing
from cardtool.cli.spoken import Spoken, say, speak

if TYPE_CHECKING:
    from cardtool.probe.isolation import Workers

_INTERRUPTED = 130
"""128 and the number of SIGINT, as shells report it."""

_NARROWEST, _WIDEST = 50, 80
"""Columns of click's help."""

_COMMANDS = later(
    "cardtool.cli.commands",
    {
        "calendar": "Write the dates of the cards' NES for a calendar, with alarms.",
        "certs": "List the certificates on the cards.",
        "check": "Look at this machine and say what is wrong, if anything.",
        "diagnose": "Judge saved snapshots or diagnoses; needs no reader.",
        "drivers": "List the PKCS#11 modules of this machine and what each is for.",
        "explain": "Say what a code, an error, a card, a reader or a driver is, and what to do.",
        "fleet": "Collect the snapshots of many workstations, and ask who must renew and who has "
        "no reader.",
        "guide": "Show the procedure NAME from beginning to end, or list them all.",
        "page": "Follow the reader and the card on a page in the browser; ends when it is closed.",
        "practice": "Show a practice case as if it were this computer; without CASE, list them "
        "all.",
        "remind": "Remind of the end of the certificate by a notice on the desktop.",
        "sign-test": "Have the card sign a random number; the only command that asks for a PIN.",
        "snapshot": "Write what this machine looks like, for support.",
        "watch": "Say what is plugged in and taken out, and the verdict each time; Ctrl-C ends it.",
    },
)

# click exits with 2 for a wrong command line, which here would mean "critical"
click.UsageError.exit_code = UNKNOWN


def run(arguments: Sequence[str], workers: "Workers | None" = None) -> int:
    """Run one command and return its exit status; the outermost lines of the program.

    `workers` were started before this module was loaded, if any were.
    """
    _open_closed_streams()
    try:
        speak(arguments, main)
        status = main.main(
            list(arguments),
            "cardtool",
            standalone_mode=False,
            obj=workers,
            terminal_width=_width_of_help(),
        )
        return int(status or 0)
    except click.ClickException as error:
        with suppress(OSError):  # standard error is full or closed: the exit status is enough
            if isinstance(error, click.UsageError) and error.ctx and Spoken.now:
                Spoken.now.usage(error.ctx.command)
            error.show()
        return error.exit_code
    except (click.Abort, KeyboardInterrupt):
        return _INTERRUPTED
    except SystemExit as leaving:  # click's own, after a closed pipe and for shell completion
        return UNKNOWN if leaving.code else 0
    except Exception as error:  # noqa: BLE001 - the outermost handler: what comes here is our fault
        if not _is_of_output(error):
            sys.__excepthook__(type(error), error, error.__traceback__)
            text = "This is a fault in cardtool, not in your card: report it with the lines above."
            click.echo(say(text), err=True)
        return UNKNOWN


def _is_of_output(error: Exception) -> bool:
    """Tell whether click's own help could not be written; report a full disk."""
    if not isinstance(error, OSError):
        return False
    if error.errno == errno.ENOSPC:
        with suppress(OSError):
            Refusal(code="stdout", reason=error.strerror or "").show()
    is_closed = sys.platform == "win32" and error.errno == errno.EINVAL  # a pipe without a reader
    return is_closed or error.errno == errno.ENOSPC


def _width_of_help() -> int:
    """Return the width that click gives its help; it would load shutil to find it out."""
    columns = 0
    with suppress(ValueError):
        columns = int(os.environ.get("COLUMNS", ""))
    if columns <= 0:
        with suppress(OSError, ValueError):
            columns = os.get_terminal_size().columns
    return max(min(columns or _WIDEST, _WIDEST) - 2, _NARROWEST)


def _open_closed_streams() -> None:
    """Open standard streams that the caller closed, as schedulers do."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            handle = os.open(os.devnull, os.O_RDWR)
            setattr(sys, name, os.fdopen(handle, mode, encoding="utf-8"))


@click.group("cardtool", cls=Refusing, commands=_COMMANDS, invoke_without_command=True)
@click.version_option(__version__, message="cardtool %(version)s")
@options(*SHOWING, *LOOKING, AT, KEEP)
@click.pass_context
def main(ctx: click.Context) -> None:
    """Exit status: ok 0, warning 1, critical 2, unknown and usage errors 3.

    Says what keeps an e-signature card from signing: looks at the PC/SC service, the reader, the
    card, its driver and its certificates, names the first broken link and the next step.
    Without a command: check.
    """
    if ctx.invoked_subcommand is None:
        ctx.invoke(_COMMANDS["check"].load())
