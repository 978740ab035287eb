# SPDX-License-Identifier: Apache-2.0
"""Builds cardtool for Windows: `python -m packages.windows.build [FOLDER]`, `dist` by default.

Makes `cardtool-VERSION.msi` and `cardtool-VERSION-windows.zip` of the same folder. The environment
variable SIGN holds the beginning of an osslsigncode command; without it nothing is signed. DOWNLOAD
is the address of the folder from which winget will fetch the MSI file.
"""

import hashlib
import os
import shlex
import shutil
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from cardtool import BUILT_ON, __version__
from packages.windows import msi, tree, winget
from tests.windows import interpreter
from tests.windows.cache import CACHE, CHECKOUT, PYTHON

MOMENT = datetime.fromisoformat(BUILT_ON).replace(tzinfo=UTC)
"""The time of all files in the packages: that of the version, not of the build."""
LIMIT_BYTES = 35_000_000
"""What an MSI file may have: it goes to every desk of an institution."""

_NOWHERE = "https://downloads.example"
"""Reserved for examples: a manifest without an address of its own is no use to anybody."""


@dataclass(frozen=True, kw_only=True)
class Built:
    """Where the packages are, and the folder that they were made of."""

    folder: Path
    msi: Path
    archive: Path


def build(work: Path, target: Path, signer: tuple[str, ...] = ()) -> Built:
    """Lay out the folder in `work`, and make both packages of it in `target`."""
    folder = work / "tree"
    shutil.rmtree(folder, ignore_errors=True)
    tree.lay_out(folder, __version__, MOMENT)
    return pack(folder, __version__, target, signer)


def pack(folder: Path, version: str, target: Path, signer: tuple[str, ...] = ()) -> Built:
    """Make both packages of a folder that is laid out."""
    target.mkdir(parents=True, exist_ok=True)
    packed = made(folder, version, target)
    for program in sorted(folder.glob("*.exe")):
        sign(program, signer)
    tree.date(folder, MOMENT)
    msi.pack(folder, version, MOMENT, packed.msi)
    sign(packed.msi, signer)
    _archive(folder, f"cardtool-{version}", packed.archive)
    return packed


def made(folder: Path, version: str, target: Path) -> Built:
    """Return where the packages of a folder lie, or will."""
    return Built(
        folder=folder,
        msi=target / f"cardtool-{version}.msi",
        archive=target / f"cardtool-{version}-windows.zip",
    )


def sign(file: Path, signer: tuple[str, ...]) -> None:
    """Sign a file in its place by osslsigncode, with the options that were given."""
    if not signer:
        return
    signed = file.with_name(f"{file.name}.signed")
    subprocess.run([*signer, "-in", str(file), "-out", str(signed)], check=True, stdout=sys.stderr)
    signed.replace(file)


def signer() -> tuple[str, ...]:
    """Return the command that signs, as the environment has it; empty: nothing is signed."""
    return tuple(shlex.split(os.environ.get("SIGN", "")))


def _archive(folder: Path, name: str, archive: Path) -> None:
    """Write a folder as a ZIP file, in the order of names."""
    moment = MOMENT.timetuple()[:6]
    with zipfile.ZipFile(archive, "w") as into:
        for path in sorted(path for path in folder.rglob("*") if path.is_file()):
            inside = f"{name}/{path.relative_to(folder).as_posix()}"
            entry = zipfile.ZipInfo(inside, moment)
            into.writestr(entry, path.read_bytes(), zipfile.ZIP_DEFLATED, 9)


def main(target: str = "dist") -> None:
    """Build, and say what was made."""
    CACHE.mkdir(parents=True, exist_ok=True)
    if not PYTHON.is_dir():
        interpreter.install()
    packed = build(CACHE / "dist", CHECKOUT / target, signer())
    for file in (packed.msi, packed.archive):
        digest = hashlib.sha256(file.read_bytes()).hexdigest()
        sys.stdout.write(f"{digest}  {file.name}  {file.stat().st_size:,} bytes\n")
    product = f"{{{msi.product_code(__version__)}}}"
    sys.stdout.write(f"ProductCode {product}\n")
    site = os.environ.get("DOWNLOAD", _NOWHERE)
    winget.write(packed.msi, __version__, product, site, CHECKOUT / target / "winget")
    if packed.msi.stat().st_size > LIMIT_BYTES:
        sys.exit(f"{packed.msi.name} is larger than {LIMIT_BYTES:,} bytes")


if __name__ == "__main__":
    main(*sys.argv[1:])
