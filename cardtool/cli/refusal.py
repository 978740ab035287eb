# SPDX-License-Identifier: Apache-2.0
"""The sentence, in the user's language, about an input that cannot be used."""

import sys
from typing import Any

import click

from cardtool.cli.options import value
from cardtool.model.refused import Refused

UNKNOWN = 3
"""Exit status if something cannot be done or judged, as that of `Severity.UNKNOWN`."""


class Refusal(click.ClickException):
    """An input that cannot be used: a sentence of `[refusal]` with its place and what to do."""

    exit_code = UNKNOWN

    def __init__(self, *, code: str, **facts: str | int) -> None:
        """Choose the sentence, in the language of the running command."""
        from cardtool.cli.words import words  # noqa: PLC0415 - msgspec, platformdirs and tomllib

        ctx = click.get_current_context(silent=True)
        super().__init__(words(value(ctx, "lang") if ctx else None).refusal(code, facts))

    def show(self, file: Any = None) -> None:  # noqa: ANN401 - as click has it
        """Write the sentence to standard error, without control characters."""
        from cardtool.cli.words import tell  # noqa: PLC0415 - as above

        tell(self.message, file or sys.stderr)


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
