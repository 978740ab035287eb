# SPDX-License-Identifier: Apache-2.0
"""Where cardtool's files lie: in the folders of this system for settings, data and the like.

On Linux the variables say it; elsewhere platformdirs does, which takes 5 ms to load.

Source: freedesktop.org, XDG Base Directory Specification 0.8.
"""

import os
import sys
from collections.abc import Mapping

SETTINGS = "CARDTOOL_CONFIG"
"""The variable that names another file of settings."""

_XDG = {
    "site_config": ("XDG_CONFIG_DIRS", "/etc/xdg"),
    "user_cache": ("XDG_CACHE_HOME", "~/.cache"),
    "user_config": ("XDG_CONFIG_HOME", "~/.config"),
    "user_data": ("XDG_DATA_HOME", "~/.local/share"),
    "user_state": ("XDG_STATE_HOME", "~/.local/state"),
}

_NOWHERE = "/nonexistent"
"""For a user without a home: in the folder that one works in, another's file could lie."""


def folder(kind: str) -> str:
    """Return the folder of a kind of files: a key of `_XDG`, and a function of platformdirs."""
    if sys.platform == "linux":
        variable, usual = _XDG[kind]
        given = os.environ.get(variable, "").split(os.pathsep)  # of several the first counts
        usual = os.path.expanduser(usual)  # noqa: PTH111 - help goes without pathlib
        return f"{next(filter(os.path.isabs, (*given, usual, _NOWHERE)))}/cardtool"
    import platformdirs  # noqa: PLC0415 - as above

    path: str = getattr(platformdirs, f"{kind}_dir")("cardtool", appauthor=False)
    return path


def settings(environ: Mapping[str, str]) -> tuple[str, ...]:
    """Return the files of settings, weakest first; one that does not exist is passed over."""
    if named := environ.get(SETTINGS):
        return (named,)
    kinds = ("site_config", "user_config")
    return tuple(os.path.join(folder(kind), "config.toml") for kind in kinds)  # noqa: PTH118 - as above
