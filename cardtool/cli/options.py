# SPDX-License-Identifier: Apache-2.0
"""The options that commands share, and how a command gets their values.

An option may stand before or after the command's name; `value` returns the last value.
"""

import os
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, TypeVar

import click

from cardtool.cli.spoken import say
from cardtool.model.turkey import TURKEY
from cardtool.text import LANGUAGES
from cardtool.views import formats

_SHORTEST_S = 1.0
_LONGEST_S = 600.0

_Command = TypeVar("_Command", bound=Callable[..., Any])


def value(ctx: click.Context, name: str) -> Any:  # noqa: ANN401 - an option's value
    """Return what an option was set to, or None."""
    return ctx.meta.get(f"cardtool.{name}")


def _remember(ctx: click.Context, param: click.Parameter, given: Any) -> None:  # noqa: ANN401
    if given not in (None, False, ()):
        ctx.meta[f"cardtool.{param.name}"] = given


def _seconds(ctx: click.Context, param: click.Parameter, given: float | None) -> None:
    if given is not None and not _SHORTEST_S <= given <= _LONGEST_S:  # refuses nan too
        text = "{given:g} is not between {least:g} and {most:g} seconds."
        text = say(text, given=given, least=_SHORTEST_S, most=_LONGEST_S)
        raise click.BadParameter(text, ctx, param)
    _remember(ctx, param, given)


def moment(ctx: click.Context, param: click.Parameter, given: str | None) -> datetime | None:
    """Read ISO 8601: local time if there is no offset; a date alone means its first second.

    Raises:
        click.BadParameter: it is no moment.
    """
    if given is None:
        return None
    try:
        read = datetime.fromisoformat(given)
        try:
            return read.astimezone()
        except OSError:  # Windows' own zone begins in 1970 and ends in 3000
            return (read if read.tzinfo else read.replace(tzinfo=TURKEY)).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        text = "{given!r} is no moment: write 2027-04-13 or 2027-04-13T17:25:08+03:00."
        raise click.BadParameter(say(text, given=given), ctx, param) from error


def _moment(ctx: click.Context, param: click.Parameter, given: str | None) -> None:
    _remember(ctx, param, moment(ctx, param, given))


def _profile(ctx: click.Context, param: click.Parameter, given: str | None) -> None:
    if given == "":
        text = say("An empty name is no institution's.")
        raise click.BadParameter(text, ctx, param)
    _remember(ctx, param, given)


class PathName(click.Path):
    """A path that is not checked here; the command itself reports what is wrong with it."""

    def __init__(self) -> None:
        super().__init__(readable=False)

    def convert(  # noqa: D102 - as click has it
        self,
        value: str | os.PathLike[str],
        param: click.Parameter | None,
        ctx: click.Context | None,
    ) -> str | bytes | os.PathLike[str]:
        if not os.fspath(value):
            self.fail(say("An empty name is no file's."), param, ctx)
        return super().convert(value, param, ctx)


def option(
    *names: str,
    callback: Callable[[click.Context, click.Parameter, Any], None] = _remember,
    **settings: Any,  # noqa: ANN401 - as click has them
) -> Callable[[_Command], _Command]:
    """Make an option whose value `value` returns."""
    return click.option(*names, expose_value=False, callback=callback, **settings)


def options(*decorators: Callable[[Any], Any]) -> Callable[[_Command], _Command]:
    """Give a command several options, shown by `--help` in this order."""

    def decorate(command: _Command) -> _Command:
        for add in reversed(decorators):
            command = add(command)
        return command

    return decorate


def showing(*formats: str) -> tuple[Callable[[Any], Any], ...]:
    """Return the options that say how to show something, for a command with these formats."""
    return (
        option("--format", type=click.Choice(formats),
               help=f"For people or for programs.  [default: {formats[0]}]"),
        option("--lang", type=click.Choice(LANGUAGES),
               help="Language of what is shown.  [default: the system's]"),
        option("--institution", metavar="NAME|FILE", callback=_profile,
               help="Whose procedures hold.  "
               "[default: the configuration's, else nationwide facts]"),
        option("-v", "--verbose", is_flag=True,
               help="Show codes, paths and all that was checked; say on standard error what "
               "is done."),
    )  # fmt: skip


SHOWING = showing(*formats())
CARD = (
    option("--module", multiple=True, metavar="PATH", type=PathName(),
           help="PKCS#11 module to use instead of searching; may be repeated."),
    option("--timeout", type=float, metavar="SECONDS", callback=_seconds,
           help="Limit for the whole check.  [default: 10]"),
)  # fmt: skip
"""How and for how long a card is searched for."""
LOOKING = (
    *CARD,
    option("--online", is_flag=True,
           help="Ask the issuer whether the certificates are trusted and not revoked."),
)  # fmt: skip
AT = option("--at", metavar="WHEN", callback=_moment,
            help="Judge for this moment, in ISO 8601.  "
            "[default: now; practice: the case's own]")  # fmt: skip
SINCE = option("--since", metavar="WHEN", callback=_moment, help="The earlier moment, in ISO 8601.")
OUTPUT = option("-o", "--output", type=PathName(), metavar="FILE",
                help="Write a file instead of standard output.")  # fmt: skip
KEEP = option("--keep-personal", is_flag=True,
              help="Leave names and numbers in data, HTML and calendars as they are.")  # fmt: skip
DATABASE = option("--database", metavar="ADDRESS",
                  help="FILE, or postgresql://USER@HOST/NAME.  "
                  "[default: `database` of [fleet]; else a file of this user]")  # fmt: skip
YES = option("--yes", is_flag=True, help="Do not ask before removing.")
DRY_RUN = option("--dry-run", is_flag=True, help="Say what would go, and remove nothing.")
