# SPDX-License-Identifier: Apache-2.0
"""gcc, as the rig calls it: one C file in, one shared library out."""

import subprocess
from pathlib import Path


def compile_library(source: Path, library: Path, *options: str) -> None:
    """Compile one C file to a shared library.

    Raises:
        RuntimeError: gcc refused; the message is gcc's own.
    """
    command = ["gcc", "-shared", "-fPIC", "-O1", "-Wall", "-Wextra", *options]
    done = subprocess.run(
        [*command, "-o", str(library), str(source)], capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise RuntimeError(done.stderr)
