# SPDX-License-Identifier: Apache-2.0
"""What a person is told of an input that cannot be used, in their language."""

import sys
from typing import Any

import click

from cardtool.cli.options import value
from cardtool.model.refused import Refused

UNKNOWN = 3
"""Exit status of what cannot be done or judged; `Severity.UNKNOWN` has the same."""


class Refusal(click.ClickException):
    """An input that cannot be used: a sentence of `[refusal]` that names it, the place, the fix."""

    exit_code = UNKNOWN

    def __init__(self, *, code: str, **facts: str | int) -> None:
        """Choose the sentence; the language is that of the command that is running."""
        from cardtool.cli.words import words  # noqa: PLC0415 - msgspec, platformdirs and tomllib

        ctx = click.get_current_context(silent=True)
        super().__init__(words(value(ctx, "lang") if ctx else None).refusal(code, facts))

    def show(self, file: Any = None) -> None:  # noqa: ANN401 - as click has it
        """Write the sentence to standard error, harmless in any terminal."""
        from cardtool.cli.words import tell  # noqa: PLC0415 - as above

        tell(self.message, file or sys.stderr)


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
