# SPDX-License-Identifier: Apache-2.0
"""gcc, as the rig calls it: one C file in, one shared library out."""

import subprocess
from pathlib import Path


def compile_library(
    source: Path, library: Path, *options: str, libraries: tuple[str, ...] = ()
) -> None:
    """Compile one C file to a shared library that needs these `libraries`, by their short names.

    Raises:
        RuntimeError: gcc refused; the message is gcc's own.
    """
    command = ["gcc", "-shared", "-fPIC", "-O1", "-Wall", "-Wextra", *options]
    needed = [f"-l{name}" for name in libraries]
    done = subprocess.run(
        [*command, "-o", str(library), str(source), *needed],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise RuntimeError(done.stderr)
