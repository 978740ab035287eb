# SPDX-License-Identifier: Apache-2.0
# ruff: noqa: PLC0415 - what a command does not need is not imported (cardtool/cli/__init__.py)
"""What a person is told of an input that cannot be used, in their language."""

import os
import sys
from typing import TYPE_CHECKING, Any

import click

from cardtool.cli.options import value
from cardtool.model.refused import Refused

if TYPE_CHECKING:
    from cardtool.text import Text

UNKNOWN = 3
"""Severity.UNKNOWN.exit_status, without the model: `--help` must not wait for it."""


class Refusal(click.ClickException):
    """An input that cannot be used: a sentence of `[refusal]` that names it, the place, the fix."""

    exit_code = UNKNOWN

    def __init__(self, *, code: str, **facts: str | int) -> None:
        """Choose the sentence; the language is that of the command that is running."""
        super().__init__(words().refusal(code, facts))

    def show(self, file: Any = None) -> None:  # noqa: ANN401 - as click has it
        """Write the sentence to standard error, harmless in any terminal."""
        from cardtool.console import write
        from cardtool.views.harmless import escape

        write([f"cardtool: {escape(self.message)}\n"], file or sys.stderr)


class Refusing(click.Group):
    """The group of all commands: what any part of the program refuses is told as a sentence."""

    def invoke(self, ctx: click.Context) -> Any:  # noqa: ANN401 - as click has it
        """Run a command.

        Raises:
            Refusal: something cannot be used or done as it was asked for.
        """
        try:
            return super().invoke(ctx)
        except Refused as refused:
            raise Refusal(code=refused.code, **refused.facts) from refused


def asked_language(ctx: click.Context | None) -> str | None:
    """Return the language of the option or the environment, whichever is stronger."""
    from cardtool.config import languages

    return next(languages(value(ctx, "lang") if ctx else None, os.environ), None)


def words() -> "Text":
    """Return the words to refuse in; a configuration that is broken itself has no say."""
    from cardtool.config import load, system_language
    from cardtool.text import Text

    language = asked_language(click.get_current_context(silent=True))
    if language is None:
        try:
            language = load(os.environ).language
        except Refused:
            language = None
    command = os.environ.get("CARDTOOL_COMMAND", "cardtool")
    return Text(language or system_language(), command=command)
