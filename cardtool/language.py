# SPDX-License-Identifier: Apache-2.0
"""Finds out which language to use, by options, the environment and the system."""

import os
import re
import sys
from collections.abc import Mapping
from contextlib import suppress
from typing import TYPE_CHECKING

from cardtool.text import LANGUAGES

if TYPE_CHECKING:  # help does without
    from pathlib import Path

_MACOS_SETTINGS = "~/Library/Preferences/.GlobalPreferences.plist"


def asked_language(option: str | None, environ: Mapping[str, str]) -> str | None:
    """Return the language that the option or the environment names; None: neither names one."""
    variables = ("CARDTOOL_LANG", "LC_ALL", "LC_MESSAGES", "LANG")
    names = (environ.get(variable, "").partition(".")[0] for variable in variables)
    name = next((name for name in names if name not in {"", "C", "POSIX"}), None)
    return option or (None if name is None else _language_of(name))


def system_language() -> str:
    """Return the language that Windows or macOS is set to; on other systems, English."""
    if sys.platform == "win32":
        import locale  # noqa: PLC0415 - Windows alone is asked in this way

        return _language_of(locale.normalize((locale.getlocale()[0] or "").partition("_")[0]))
    return language_of_macos(_MACOS_SETTINGS) if sys.platform == "darwin" else "en"


def language_of_macos(settings: "Path | str") -> str:
    """Return the language of a person's settings in macOS; English if they name none.

    The standard library cannot tell: without LANG, `locale` only knows the C locale. This was not
    run on macOS itself. The settings are a property list with the key `AppleLanguages`, as
    `defaults read -g` shows.
    """
    import plistlib  # noqa: PLC0415 - 10 ms, for macOS alone

    with (
        suppress(Exception),  # whatever is wrong with the file, there are words to say it in
        open(os.path.expanduser(settings), "rb") as file,  # noqa: PTH111, PTH123 - help goes without pathlib
    ):
        return _language_of(*plistlib.load(file)["AppleLanguages"])
    return "en"


def _language_of(*names: str) -> str:
    """Return the first of locales such as tr_TR or tr-TR that has words, by its language."""
    codes = (re.split("[-_.@]", name.casefold())[0] for name in names)
    return next((code for code in codes if code in LANGUAGES), "en")
