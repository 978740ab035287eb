# SPDX-License-Identifier: Apache-2.0
"""The driver of the card under test: what a service of the rig has installed beside it.

By default it is the stand-in for the vendor's module, so that tests hold on every release of
Debian. p11-kit's settings of the user name it, which a program finds by XDG_CONFIG_HOME: no folder
of the machine is touched.
"""

import functools
import tempfile
from enum import Enum
from pathlib import Path

from tests.rig.compiler import compile_library

SOURCE = Path(__file__).with_name("modules") / "akisp11.c"
_NAME = "libakisp11.so"
"""As the vendor's module is called on Linux, by which it is known."""


class Driver(Enum):
    """What reads the cards of a service."""

    AKISP11 = "the stand-in for the vendor's module"
    QUIET = "the same, but it leaves out what it cannot read, and reports no error"
    SYSTEM = "whatever this machine has: OpenSC, if anything"


def install(driver: Driver, folder: Path) -> Path:
    """Put a driver into a folder, which may become XDG_CONFIG_HOME; return where its module is.

    The file is not there for a driver of the system.
    """
    module = folder / _NAME
    folder.mkdir()
    if driver is not Driver.SYSTEM:
        module.write_bytes(_akisp11())
        settings = folder / "pkcs11" / "modules" / "akisp11.module"
        settings.parent.mkdir(parents=True)
        settings.write_text(f"module: {module}\n")
    return module


@functools.cache
def _akisp11() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        library = Path(folder) / _NAME
        options = ("-Wno-override-init", "-fvisibility=hidden", "-I/usr/include/PCSC")
        compile_library(SOURCE, library, *options, libraries=("pcsclite",))
        return library.read_bytes()
