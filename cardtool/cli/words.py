# SPDX-License-Identifier: Apache-2.0
"""The words of refusals, available even if the configuration cannot be read."""

import os
from typing import TextIO

from cardtool import console
from cardtool.config import asked_language, load, system_language
from cardtool.model.refused import Refused
from cardtool.text import Text
from cardtool.views.harmless import escape


def words(asked: str | None) -> Text:
    """Return the words for refusals; ignore the language in a broken configuration."""
    language = asked_language(asked, os.environ)
    if language is None:
        try:
            language = load(os.environ).language
        except Refused:
            language = None
    command = os.environ.get("CARDTOOL_COMMAND", "cardtool")
    return Text(language or system_language(), command=command)


def tell(message: str, stream: TextIO) -> None:
    """Write a sentence for people, without control characters."""
    console.write([f"cardtool: {escape(message)}\n"], stream)
