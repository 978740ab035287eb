# SPDX-License-Identifier: Apache-2.0
"""MinGW, as the rig calls it: one C file in, one DLL for Windows out."""

import subprocess
from pathlib import Path

_COMPILERS = {64: "x86_64-w64-mingw32-gcc", 32: "i686-w64-mingw32-gcc"}


def compile_dll(
    source: Path, library: Path, *options: str, bits: int = 64, needs: tuple[Path, ...] = ()
) -> None:
    """Compile one C file to a DLL that may ask PC/SC, and that needs these other ones.

    Raises:
        RuntimeError: the compiler refused; the message is its own.
    """
    done = subprocess.run(
        [
            *(_COMPILERS[bits], "-shared", "-static-libgcc", "-O1", "-Wall", "-Wextra"),
            *("-Wno-override-init", "-Wno-unused", *options),
            *("-o", str(library), str(source), *map(str, needs), "-lwinscard"),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise RuntimeError(done.stderr)
