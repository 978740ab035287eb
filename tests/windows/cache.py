# SPDX-License-Identifier: Apache-2.0
"""Where Windows is kept: Wine's root and prefix, Python and modules, outside the checkout."""

import os
from pathlib import Path

CACHE = Path(
    os.environ.get("CARDTOOL_WINDOWS")
    or Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache", "cardtool-windows")
)
CHECKOUT = Path(__file__).parents[2]
PREFIX = CACHE / "prefix"
PYTHON = CACHE / "python"
PCSCLITE = CACHE / "pcsclite"
MODULES = CACHE / "modules"
"""The stand-in for the vendor's module, as the installed driver would be named."""


def drive(path: Path) -> str:
    """Return a path of this machine as Wine's programs see it: its root is drive Z."""
    return "Z:" + str(path).replace("/", "\\")
