# SPDX-License-Identifier: Apache-2.0
# ruff: noqa: PLC0415 - each command imports what it needs: `--help` starts at once, and `explain`
# and `diagnose` work where no device library is installed
"""The command line: arguments in, one call, what a view returned out, and an exit status."""

import errno
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cardtool import __version__
from cardtool.cli.fleet import fleet
from cardtool.cli.guiding import guide
from cardtool.cli.options import AT, CARD, KEEP, LOOKING, OUTPUT, SHOWING, PathName, options, value
from cardtool.cli.refusal import UNKNOWN, Refusal
from cardtool.cli.session import Session
from cardtool.cli.signing import sign_test
from cardtool.views import DIAGNOSIS, formats

if TYPE_CHECKING:
    from cardtool.model.diagnosis import Diagnosis
    from cardtool.model.snapshot import Module
    from cardtool.probe.isolation import Workers

_INTERRUPTED = 130
"""128 and the number of SIGINT, as shells report it."""

# click's own 2 for a wrong command means "critical" to whoever watches exit statuses.
click.UsageError.exit_code = UNKNOWN


def run(arguments: Sequence[str], workers: "Workers | None" = None) -> int:
    """Run one command and return its exit status; the outermost lines of the program.

    `workers` are those that were started before this was loaded.
    """
    _open_closed_streams()
    try:
        status = main.main(list(arguments), "cardtool", standalone_mode=False, obj=workers)
        return int(status or 0)
    except click.ClickException as error:
        with suppress(OSError):  # standard error is full or gone: the status still says it
            error.show()
        return error.exit_code
    except (click.Abort, KeyboardInterrupt):
        return _INTERRUPTED
    except SystemExit as leaving:  # click's own, after a closed pipe and for shell completion
        return UNKNOWN if leaving.code else 0
    except Exception as error:  # noqa: BLE001 - the outermost handler: what comes here is our fault
        if isinstance(error, OSError) and error.errno == errno.ENOSPC:  # met by click's own help
            with suppress(OSError):
                Refusal(code="stdout", reason=error.strerror or "").show()
            return UNKNOWN
        import traceback

        traceback.print_exc()
        text = "This is a fault in cardtool, not in your card: report it with the lines above."
        click.echo(text, err=True)
        return UNKNOWN


def _open_closed_streams() -> None:
    """Point what the caller closed at nothing: a scheduler may want the exit status alone."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            nothing = Path(os.devnull).open(mode, encoding="utf-8")  # noqa: SIM115 - stays open
            setattr(sys, name, nothing)


@click.group("cardtool", invoke_without_command=True)
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
        ctx.invoke(check)


@main.command()
@options(OUTPUT, *SHOWING, *LOOKING, AT, KEEP)
@click.pass_context
def check(ctx: click.Context) -> None:
    """Look at this machine and say what is wrong, if anything."""
    session = Session(ctx, formats())
    diagnosis = session.judge(session.look())
    session.show([diagnosis])
    if value(ctx, "at") is None:  # else it may be well at another moment only
        from cardtool.cli.remembering import remember

        remember(diagnosis)
    ctx.exit(session.worst)


@main.command()
@options(OUTPUT, *SHOWING, *LOOKING, KEEP)
@click.pass_context
def snapshot(ctx: click.Context) -> None:
    """Write what this machine looks like, for support.  Names are hashed."""
    from cardtool.model.snapshot import encode

    session = Session(ctx, ("json",))
    session.write([encode(session.leaving(session.look())).decode()])


@main.command()
@click.argument("files", nargs=-1, required=True, metavar="FILE...", type=PathName())
@options(OUTPUT, *SHOWING, AT, KEEP)
@click.pass_context
def diagnose(ctx: click.Context, files: tuple[str, ...]) -> None:
    """Judge saved snapshots or diagnoses; needs no reader.  FILE may be - for standard input."""
    from cardtool.cli.inputs import STANDARD_INPUT, read_snapshot

    if files.count(STANDARD_INPUT) > 1:
        text = "standard input can be read once: name - once."
        raise click.UsageError(text, ctx)
    session = Session(ctx, formats())
    refused = []

    def judged() -> "Iterator[Diagnosis]":
        for file in files:
            try:
                yield session.judge(read_snapshot(file))
            except Refusal as refusal:
                refusal.show()
                refused.append(refusal)

    bound = {} if len(files) == 1 else {"paper": session.paper(titled=True)}
    session.show(judged(), DIAGNOSIS, **bound)
    ctx.exit(UNKNOWN if refused else session.worst)


main.add_command(sign_test)
main.add_command(fleet)
main.add_command(guide)


@main.command()
@click.argument("code")
@options(*SHOWING)
@click.pass_context
def explain(ctx: click.Context, code: str) -> None:
    """Say what a finding's CODE means and what to do."""
    import difflib

    from cardtool.rules.codes import ROWS, finding

    session = Session(ctx, ("terminal", "json"))
    if code not in ROWS:
        near = difflib.get_close_matches(code, ROWS, n=3)
        text = f"{code!r} is no finding's code; it may be one of: {', '.join(near or ROWS)}."
        raise click.BadParameter(text, ctx, param_hint="CODE")
    if session.format == "json":
        from cardtool.views.data import json

        session.write([json.explain(finding(code), session.text)])
    else:
        from cardtool.views.people import terminal

        session.write([terminal.explain(finding(code), session.text, session.paper())])


@main.command()
@click.argument("case", required=False)
@options(OUTPUT, *SHOWING, AT)
@click.pass_context
def practice(ctx: click.Context, case: str | None) -> None:
    """Show a described desk for its own moment, marked as practice; without CASE, list them all.

    Needs no reader.  The exit status is that of the desk shown.
    """
    from cardtool.cli.practice import show_case, show_list

    if case is None:
        show_list(Session(ctx, ("terminal", "json")))
        return
    session = Session(ctx, formats())
    show_case(session, case)
    ctx.exit(session.worst)


@main.command()
@click.option("--polkit-rule", metavar="GROUP",
              help="Print instead a Linux rule that lets GROUP use cards from afar.")  # fmt: skip
@options(*SHOWING, *LOOKING, KEEP)
@click.pass_context
def drivers(ctx: click.Context, polkit_rule: str | None) -> None:
    """List the PKCS#11 modules of this machine and what each is for."""
    if polkit_rule is not None:
        from cardtool.cli import polkit

        if not polkit.is_group(polkit_rule):
            text = (
                f"{polkit_rule!r} is no group's name: at most 32 letters (a to z), digits and"
                " . _ -, the first no -."
            )
            raise click.BadParameter(text, ctx, param_hint="--polkit-rule")
        session = Session(ctx, ())
        session.write_bytes([polkit.rule(polkit_rule, session.text).encode()])  # a file's text
        return
    session = Session(ctx, formats("drivers"))
    diagnosis = session.judge(session.look())
    bound = {"products": {module.path: _product(module) for module in diagnosis.snapshot.modules}}
    session.show([diagnosis], "drivers", **bound)


@main.command()
@options(OUTPUT, *SHOWING, *LOOKING, AT, KEEP)
@click.pass_context
def calendar(ctx: click.Context) -> None:
    """Write the dates of the cards' NES for a calendar, with alarms.  Names are hashed.

    Imported again it moves what the calendar has.  Without any date ahead nothing is written, and
    the exit status says how bad that is.
    """
    from cardtool.cli.calendar import write

    ctx.exit(write(Session(ctx, ("ics",))))


@main.group(invoke_without_command=True)
@click.option("--all", "everything", is_flag=True,
              help="Show everything that is in each certificate.")  # fmt: skip
@options(*SHOWING, *LOOKING, AT, KEEP)
@click.pass_context
def certs(ctx: click.Context, *, everything: bool) -> None:
    """List the certificates on the cards.  Without any, the exit status says how bad that is."""
    if ctx.invoked_subcommand is not None:
        return
    from cardtool.cli.listing import judged

    session = Session(ctx, formats("certificates"))
    diagnosis = session.judge(session.look())
    known = judged(diagnosis.snapshot)
    if session.format == "json":
        from cardtool.views.people.certificates import render_json

        session.write(render_json([diagnosis], judged=known))
    else:
        bound = {"judged": known, "everything": everything}
        session.show([diagnosis], "certificates", **bound)
    lists = [token.certificates for _, _, token in diagnosis.snapshot.tokens()]
    ctx.exit(0 if any(isinstance(some, tuple) and some for some in lists) else session.worst)


@certs.command("export")
@click.option(
    "-o",
    "--output",
    type=PathName(),
    metavar="FILE|FOLDER",
    help="Where to: one file for all, or one file each in a folder; otherwise standard output.",
)
@click.option("--form", type=click.Choice(["pem", "der", "chain"]), default="pem",
              show_default=True,
              help="chain: PEM, each followed by its issuers on the cards.")  # fmt: skip
@click.option(
    "--sha256",
    "prefixes",
    multiple=True,
    metavar="PREFIX",
    help="Only certificates whose fingerprint begins so; may be repeated.",
)
@options(*SHOWING, *CARD)
@click.pass_context
def export_(ctx: click.Context, output: str | None, form: str, prefixes: tuple[str, ...]) -> None:
    """Write the certificates as PEM, DER or chains.  They hold their holder's name and number."""
    from cardtool.cli.files import export

    export(Session(ctx, ()), output, form, prefixes)


def _product(module: "Module") -> str:
    """Return what a module is for, by its file's name."""
    import ntpath

    from cardtool.catalog import load

    known = load().module_named(ntpath.basename(module.path))
    if known is None:
        return ""
    cards = [card.name for card in load().cards if known.id in card.modules]
    return f"{known.name} ({', '.join(cards)})" if cards else known.name
