# SPDX-License-Identifier: Apache-2.0
"""Commands of which only name and first sentence are loaded until they are called."""

import importlib
import keyword
from collections.abc import Callable, Mapping
from typing import Any, ClassVar

import click


class LaterCommand(click.Command):
    """A command that imports its module when it is called."""

    loaded: ClassVar[Callable[[click.Command], None]] = staticmethod(lambda _: None)
    """What is done with a command once it is imported."""

    def __init__(self, name: str, sentence: str, package: str) -> None:
        """Take the sentence for the group's help; the module is named like the command."""
        super().__init__(name, help=sentence)
        function = name.replace("-", "_")
        self._function = f"{function}_" if keyword.iskeyword(function) else function
        self._module = f"{package}.{self._function}"

    def load(self) -> click.Command:
        """Import the command."""
        command: click.Command = getattr(importlib.import_module(self._module), self._function)
        LaterCommand.loaded(command)
        return command

    def make_context(
        self,
        info_name: str | None,
        args: list[str],
        parent: click.Context | None = None,
        **extra: Any,  # noqa: ANN401 - as click has it
    ) -> click.Context:
        """Let the imported command read its arguments; click then runs that command."""
        return self.load().make_context(info_name, args, parent, **extra)


def later(package: str, commands: Mapping[str, str]) -> dict[str, LaterCommand]:
    """Return the commands of a group: a package with a module for each, and their sentences."""
    return {name: LaterCommand(name, says, package) for name, says in commands.items()}
