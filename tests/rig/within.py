# SPDX-License-Identifier: Apache-2.0
"""Run by `unshare -m`: mounts folders over others, then becomes the command.

A program, not a module: standard library only.

Usage: within.py [FOLDER PLACE]… -- COMMAND…
"""

import os
import subprocess
import sys


def main(*words: str) -> None:
    """Mount, and become the command."""
    end = words.index("--")
    for folder, place in zip(words[:end:2], words[1:end:2], strict=True):
        subprocess.run(["mount", "--bind", folder, place], check=True)
    os.execvp(words[end + 1], words[end + 1 :])  # noqa: S606 - becoming it is the purpose


if __name__ == "__main__":
    main(*sys.argv[1:])
