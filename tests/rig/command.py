# SPDX-License-Identifier: Apache-2.0
"""The installed command, as a person calls it."""

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

COMMAND = Path(sys.executable).with_name("cardtool")


def checked(env: Mapping[str, str], *options: str | Path) -> dict[str, Any]:
    """Return the diagnosis that `cardtool check` writes."""
    command = [COMMAND, "check", "--format", "json", *options]
    done = subprocess.run(command, env=env, capture_output=True, check=False)
    diagnosis: dict[str, Any] = json.loads(done.stdout)
    return diagnosis
