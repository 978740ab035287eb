# SPDX-License-Identifier: Apache-2.0
"""The settings of a command, from its options, the environment and the configuration files."""

import os
import re
import shlex
import sys
from collections.abc import Callable
from datetime import datetime
from functools import cached_property, update_wrapper
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

from cardtool import catalog
from cardtool.cli.options import options, value
from cardtool.cli.spoken import say
from cardtool.config import Config, file_with, load
from cardtool.language import asked_language, system_language
from cardtool.model.refused import Refused
from cardtool.text import Text
from cardtool.views import FORMATS, Format

if TYPE_CHECKING:
    from cardtool.model.procedure import Institution

_NATIONWIDE = "default"
"""The profile if none is named."""


class Asked:
    """The settings of one command."""

    def __init__(self, ctx: click.Context, known: tuple[str, ...] | None = None) -> None:
        """Take the options as they stand.

        `known` are the command's formats, the usual one first; None: those that --help names.

        Raises:
            click.UsageError: options that do not go together.
            Refused: the profile of the institution, or a configuration file, cannot be used.
        """
        self._ctx = ctx
        if self.option("verbose"):
            from cardtool.cli.verbose import begin  # noqa: PLC0415 - for `-v` alone

            begin()
        if known is None:
            types = (param.type for param in ctx.command.params if param.name == "format")
            known = next(tuple(kind.choices) for kind in types if isinstance(kind, click.Choice))
        asked = self.option("format")
        if asked and asked not in known:
            has = "`{command}` has no --format {format}; it has {formats}."
            self.misuse(
                has if known else "`{command}` has no --format {format}.",
                command=ctx.command_path,
                format=asked,
                formats=", ".join(known),
            )
        self.format: Format = FORMATS[asked or (*known, "terminal")[0]]
        self.keeps = bool(self.option("keep_personal"))
        """Names and numbers of people stay as they are."""
        if self.keeps and not self.format.keeps:
            whole = ", ".join(name for name in known if FORMATS[name].keeps)
            text = "--keep-personal is for data; add one of: --format {formats}."
            self.misuse(text, formats=whole or "json")
        if self._profile or self.config.institution != _NATIONWIDE:
            _ = self.institution  # refuses a wrong name before a card is read
        catalog.add_site_rows(self.config.catalog)

    def option(self, name: str) -> Any:  # noqa: ANN401 - an option's value
        """Return what an option was set to, or None."""
        return value(self._ctx, name)

    def misuse(self, pattern: str, **facts: str) -> NoReturn:
        """Refuse the command line.

        Raises:
            click.UsageError: with this sentence in the user's language.
        """
        raise click.UsageError(say(pattern, **facts), self._ctx)

    @cached_property
    def moment(self) -> datetime:
        """The moment that is asked about: that of `--at`, or now."""
        return self.option("at") or datetime.now().astimezone()

    @property
    def file(self) -> str | None:
        """The file that `-o` names; None: standard output."""
        name: str | None = self.option("output")
        return None if name == "-" else name

    @cached_property
    def config(self) -> Config:
        """The configuration files."""
        return load(os.environ)

    @cached_property
    def text(self) -> Text:
        """The words in the language that was asked for."""
        asked = asked_language(self.option("lang"), os.environ)
        language = asked or self.config.language or system_language()
        command = os.environ.get("CARDTOOL_COMMAND", "cardtool")
        if name := self._profile:  # so that the user can type a command of a message as it is shown
            is_plain = re.fullmatch(r"[\w.:\\/-]+", name)
            on_windows = name if is_plain else f'"{name}"'
            quoted = on_windows if sys.platform == "win32" else shlex.quote(name)
            command += f" --institution {quoted}"
        return Text(language, command=command, institution=self.institution.values())

    @cached_property
    def institution(self) -> "Institution":
        """The profile that `--institution` or the configuration names.

        Raises:
            Refused: there is none of that name, or something in it is wrong.
        """
        from cardtool.catalog import procedures  # noqa: PLC0415 - JSON of a check does without

        given = self._profile
        name, today = given or self.config.institution, datetime.now().astimezone().date()
        try:
            return procedures.institution(name, today)
        except Refused as refused:
            place = "--institution" if given else ""
            place = place or f"{file_with('institution', os.environ)}: $.institution"
            raise Refused(code=refused.code, **{"place": place, **refused.facts}) from refused

    @cached_property
    def key(self) -> bytes:
        """The key that people are hashed with: the site's, or a new one for this run."""
        configured = self.config.identity.key
        return bytes.fromhex(configured) if configured else os.urandom(32)

    @property
    def _profile(self) -> str | None:
        """What `--institution` names: a profile that ships, or the absolute path of one."""
        given: str | None = self.option("institution")
        path = Path(given or "")
        is_file = bool(path.suffix) or len(path.parts) > 1
        return str(path.absolute()) if is_file else given


def settings(
    *decorators: Callable[[Any], Any], known: tuple[str, ...] | None = None
) -> Callable[[Callable[..., int | None]], Callable[..., None]]:
    """Give a command some options, and its `Asked` as the first argument.

    What the command returns is its exit status. `known` is as of `Asked`.
    """

    def decorate(command: Callable[..., int | None]) -> Callable[..., None]:
        def run(ctx: click.Context, /, **given: Any) -> None:  # noqa: ANN401 - values of options
            if status := command(Asked(ctx, known), **given):
                ctx.exit(status)

        decorated: Callable[..., None] = options(*decorators)(
            update_wrapper(click.pass_context(run), command)
        )
        return decorated

    return decorate
