# SPDX-License-Identifier: Apache-2.0
"""A sender that is there to be killed: puts files into a spool and delivers them to a folder."""

import sys
import time
from pathlib import Path

from cardtool.fleet.sending.delivery import Folder
from cardtool.fleet.sending.spool import Spool

_AT_ONCE = 5


def main(todo: str, spool: str, folder: str) -> None:
    """Work until nothing is to be done and nothing waits."""
    sys.stdout.write("\n")  # at work
    sys.stdout.flush()
    keeping, hand_over = Spool(Path(spool)), Folder(Path(folder))
    while True:
        files = sorted(Path(todo).iterdir())[:_AT_ONCE]
        for file in files:
            keeping.put(file.name, file.read_bytes())
            file.unlink()  # killed before this it puts the same down again
        report = keeping.deliver(hand_over, patience_s=5)
        if not files and not report.waiting:
            return
        if not files:
            time.sleep(0.005)


if __name__ == "__main__":
    main(*sys.argv[1:])
