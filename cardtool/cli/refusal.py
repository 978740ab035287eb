# SPDX-License-Identifier: Apache-2.0
"""Says in the user's language that an input cannot be used."""

import os
import sys
from typing import Any

import click

from cardtool.cli.options import value
from cardtool.cli.spoken import configured_language
from cardtool.language import asked_language, system_language
from cardtool.model.refused import Refused

UNKNOWN = 3
"""Exit status if something cannot be done or judged, as that of `Severity.UNKNOWN`."""


class Refusal(click.ClickException):
    """An input that cannot be used: a sentence of `[refusal]` with its place and what to do."""

    exit_code = UNKNOWN

    def __init__(self, *, code: str, **facts: str | int) -> None:
        ctx = click.get_current_context(silent=True)
        super().__init__(_sentence(value(ctx, "lang") if ctx else None, code, facts))

    def show(self, file: Any = None) -> None:  # noqa: ANN401 - as click has it
        """Write the sentence to standard error, without control characters."""
        from cardtool import console  # noqa: PLC0415 - `--help` refuses nothing
        from cardtool.views.harmless import escape  # noqa: PLC0415 - as above

        console.write([f"cardtool: {escape(self.message)}\n"], file or sys.stderr)


def _sentence(asked: str | None, code: str, facts: dict[str, str | int]) -> str:
    """Return the sentence; the configuration decides its language only if it can be read."""
    from cardtool.text import Text  # noqa: PLC0415 - as above

    language = asked_language(asked, os.environ) or configured_language() or system_language()
    command = os.environ.get("CARDTOOL_COMMAND", "cardtool")
    return Text(language, command=command).refusal(code, facts)


class Refusing(click.Group):
    """The group of all commands: turns every `Refused` into a sentence."""

    def invoke(self, ctx: click.Context) -> Any:  # noqa: ANN401 - as click has it
        """Run a command.

        Raises:
            Refusal: a part of the program raised `Refused`.
        """
        try:
            return super().invoke(ctx)
        except Refused as refused:
            raise Refusal(code=refused.code, **refused.facts) from refused
