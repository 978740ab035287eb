# SPDX-License-Identifier: Apache-2.0
"""The words of refusals, which must be found where the settings cannot be read."""

import os
from typing import TextIO

from cardtool import console
from cardtool.config import languages, load, system_language
from cardtool.model.refused import Refused
from cardtool.text import Text
from cardtool.views.harmless import escape


def words(asked: str | None) -> Text:
    """Return the words to refuse in; a configuration that is broken itself has no say."""
    language = next(languages(asked, os.environ), None)
    if language is None:
        try:
            language = load(os.environ).language
        except Refused:
            language = None
    command = os.environ.get("CARDTOOL_COMMAND", "cardtool")
    return Text(language or system_language(), command=command)


def tell(message: str, stream: TextIO) -> None:
    """Write a sentence for people, harmless in any terminal."""
    console.write([f"cardtool: {escape(message)}\n"], stream)
