# SPDX-License-Identifier: Apache-2.0
"""gcc, as the rig calls it: one C file in, one shared library out."""

import ctypes
import subprocess
from pathlib import Path

_OF_LATER_GCC = tuple(
    f"-Werror={mistake}" for mistake in ("implicit", "incompatible-pointer-types", "int-conversion")
)
"""Mistakes that Debian 13's gcc refuses of itself, and Debian 12's would let by."""


def compile_library(
    source: Path, library: Path, *options: str, libraries: tuple[str, ...] = ()
) -> None:
    """Compile one C file to a shared library that needs these `libraries`, by their short names.

    Raises:
        RuntimeError: gcc refused; the message is gcc's own.
    """
    command = ["gcc", "-shared", "-fPIC", "-O1", "-Wall", "-Wextra", *_OF_LATER_GCC, *options]
    needed = [f"-l{name}" for name in libraries]
    done = subprocess.run(
        [*command, "-o", str(library), str(source), *needed],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise RuntimeError(done.stderr)


def stand_in(folder: Path, name: str, code: str, *options: str) -> ctypes.CDLL:
    """Compile C to a library that stands in for a system's own of that name, and load it."""
    source = folder / f"{name}.c"
    source.write_text(code)
    compile_library(source, source.with_suffix(".so"), *options)
    return ctypes.CDLL(str(source.with_suffix(".so")))
