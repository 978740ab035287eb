# SPDX-License-Identifier: Apache-2.0
"""Says what to type to install missing packages, however cardtool itself was installed.

It never installs `cardtool` from a package index, where that name belongs to another program.
"""

import importlib.util
import json
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from importlib import metadata

NAME = "cardtool-eimza"
"""Name of the distribution; the package, the command and its folders are called cardtool."""

_OF_FLEET = re.compile(r"""extra\s*==\s*['"]fleet['"]""")


def command() -> str:
    """Return what to type for the packages of the extra `fleet`."""
    from importlib import metadata  # noqa: PLC0415 - takes longer to load than most commands

    try:
        installed = metadata.distribution(NAME)
    except metadata.PackageNotFoundError:
        installed = None
    return command_for(installed, Path(sys.prefix))


def command_for(installed: "metadata.Distribution | None", prefix: Path) -> str:
    """Return the command for an installation, from its record and its environment.

    Without a record (`installed` is None) cardtool runs from its source.
    """
    source, is_editable = _source(installed)
    if source and (source / "run").is_file() and source in prefix.absolute().parents:
        return f"{_quoted([str(source / 'run')])} fleet"
    wanted = ["-e"] if is_editable else []
    wanted += [f"{source}[fleet]"] if source else _requirements(installed)
    if importlib.util.find_spec("pip"):
        return _quoted([sys.executable, "-m", "pip", "install", *wanted])
    return _quoted(["uv", "pip", "install", "--python", sys.executable, *wanted])


def _source(installed: "metadata.Distribution | None") -> tuple[Path | None, bool]:
    """Return the folder or the file it was installed from, if that is still there.

    Also whether it runs from that folder. Source: PEP 610, direct_url.json.
    """
    if installed is None:
        return Path(__file__).parents[2], False
    from urllib.request import url2pathname  # noqa: PLC0415 - loads http.client and ssl

    origin = json.loads(installed.read_text("direct_url.json") or "{}")
    url = urlsplit(origin.get("url", ""))
    path = Path(url2pathname(url.path))
    if url.scheme != "file" or not path.exists():
        return None, False
    return path, origin.get("dir_info", {}).get("editable", False)


def _requirements(installed: "metadata.Distribution | None") -> list[str]:
    """Return what the extra wants, as pip takes it."""
    wanted = (installed.requires if installed else None) or []
    return [
        requirement.partition(";")[0].strip()
        for requirement in wanted
        if _OF_FLEET.search(requirement)
    ]


def _quoted(words: list[str]) -> str:
    return subprocess.list2cmdline(words) if sys.platform == "win32" else shlex.join(words)
