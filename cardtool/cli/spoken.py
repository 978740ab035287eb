# SPDX-License-Identifier: Apache-2.0
"""Translates help, and messages about a wrong command line, into the user's language.

All are written in English; the English sentence is the key of its translation. Without one, it
stays English.
"""

import inspect
import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from functools import cached_property
from typing import ClassVar, Optional

import click

from cardtool import places
from cardtool.cli.later import LaterCommand
from cardtool.language import asked_language, system_language
from cardtool.model.refused import Refused
from cardtool.text import LANGUAGES, load_help

_CLICK = ("core", "decorators", "exceptions", "formatting", "parser", "termui", "types")
"""Modules of click with sentences; each has taken its `_` and its `ngettext` from gettext."""

for _name in _CLICK:  # while commands are declared: gettext would search for files that never are
    vars(sys.modules[f"click.{_name}"]).update(_=str)

_OF_HELP = "Show this message and exit."
"""Every command asks click for this sentence, even if it is not shown."""


class Spoken:
    """The language of one command line, which is determined when the first sentence is needed."""

    now: ClassVar[Optional["Spoken"]] = None
    """That of the command line which runs."""

    def __init__(self, arguments: Sequence[str]) -> None:
        self._arguments = list(arguments)
        self._is_help = "--help" in arguments

    @cached_property
    def language(self) -> str:
        """The language of `--lang`, of the environment, of the configuration or of the system.

        Wrong values are ignored here; the command refuses them.
        """
        pairs = zip(self._arguments, [*self._arguments[1:], ""], strict=True)
        given = [
            after if name == "--lang" else name.removeprefix("--lang=")
            for name, after in pairs
            if name.startswith("--lang")
        ]
        option = next((value for value in reversed(given) if value in LANGUAGES), None)
        return asked_language(option, os.environ) or configured_language() or system_language()

    def translated(self, text: str) -> str:
        """Translate a sentence, but not click's of a help that is not shown."""
        if text == _OF_HELP and not self._is_help:
            return text
        return load_help(self.language)["click"].get(text, text)

    def counted(self, singular: str, plural: str, count: int) -> str:
        """Translate a sentence of click about one or several things."""
        return self.translated(singular if count == 1 else plural)

    def help(self, command: click.Command) -> None:
        """Translate the help of a command and of those in its group, if it will be shown."""
        if not self._is_help:
            return
        self.usage(command)
        words = load_help(self.language)["help"]
        members = command.commands.values() if isinstance(command, click.Group) else ()
        for shown in (command, *members):
            shown.help = _by_paragraph(shown.help, words)
            for param in shown.params:
                if isinstance(param, click.Option):
                    param.help = _by_paragraph(param.help, words)

    def usage(self, command: click.Command) -> None:
        """Translate the words that click puts for options and commands into a line of usage."""
        command.options_metavar = self.translated(command.options_metavar or "") or None
        if isinstance(command, click.Group):
            command.subcommand_metavar = self.translated(command.subcommand_metavar)


def say(pattern: str, **facts: str | float) -> str:
    """Say a sentence of our own about a wrong command line; it is English where none runs."""
    return (Spoken.now.translated(pattern) if Spoken.now else pattern).format(**facts)


def configured_language() -> str | None:
    """Return the language of the configuration, if there is one that can be read."""
    if sys.platform != "win32" and not any(map(os.path.exists, places.settings(os.environ))):
        return None  # as on most machines: without a file, only Windows' policies can say it
    from cardtool.config import load  # noqa: PLC0415 - help does without, where it can

    with suppress(Refused):
        return load(os.environ).language
    return None


def _by_paragraph(text: str | None, words: dict[str, str]) -> str | None:
    parts = inspect.cleandoc(text or "").split("\n\n")
    return "\n\n".join(words.get(" ".join(part.split()), part) for part in parts) or None


def speak(arguments: Sequence[str], main: click.Command) -> None:
    """Make click and the help of all commands use the language of a command line."""
    spoken = Spoken.now = Spoken(arguments)
    for name in _CLICK:
        vars(sys.modules[f"click.{name}"]).update(_=spoken.translated, ngettext=spoken.counted)
    LaterCommand.loaded = spoken.help
    spoken.help(main)
