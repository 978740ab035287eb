# SPDX-License-Identifier: Apache-2.0
r"""Puts a site's settings into the package: `repack.py IN.msi config.toml OUT.msi`.

Run as `python -m packages.windows.repack`, on Linux, with Debian's wixl and msitools. The package
installs the settings as `C:\ProgramData\cardtool\config.toml`. The environment variable SIGN is
that of the build.
"""

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path, PureWindowsPath
from typing import Any

from cardtool.catalog.toml import handwritten
from cardtool.config import checked
from cardtool.model.refused import Refused
from cardtool.text import Text
from packages.windows import msi
from packages.windows.build import MOMENT, sign, signer
from packages.windows.fixed import settled

_RECIPE = Path(__file__).with_name("settings.wxs")
_CABINET = "settings.cab"
_COMPONENT = "Settings"
_FILE = "config.toml"
_STAYS = 0x10
"""A component that a removal leaves. Source: Microsoft, Component table, Permanent."""
_64_BIT = 0x100
_VITAL = 0x200
"""Without this file nothing is installed. Source: Microsoft, File table."""


def repack(package: Path, settings: Path, target: Path) -> str:
    """Write the package with a file of settings in it, not signed; return its product code.

    Raises:
        Refused: the settings cannot be used.
        ValueError: they name a path of Linux, or the package has settings already.
        RuntimeError: a tool refused the package.
    """
    _check(handwritten(settings), str(settings))
    body = settings.read_bytes()
    with tempfile.TemporaryDirectory() as name:
        work = Path(name)
        _unsigned(package, work / "out.msi")
        if _CABINET in msi.run(work, "msiinfo", "streams", "out.msi").split():
            text = f"{package.name} holds settings already: take the package as it was built"
            raise ValueError(text)
        (work / _CABINET).write_bytes(_cabinet(work, body))
        product = _add(work, body)
        target.write_bytes(settled((work / "out.msi").read_bytes(), MOMENT))
    return product


def _check(table: dict[str, Any], where: str) -> None:
    """Refuse settings that Windows would refuse, judged here with its paths as those of Linux."""

    def here(value: object) -> object:
        if isinstance(value, dict):
            return {key: here(each) for key, each in value.items()}
        if isinstance(value, list):
            return [here(each) for each in value]
        if not isinstance(value, str):
            return value
        if value.startswith("/"):
            text = f"{where}: this is no path of Windows: {value}"
            raise ValueError(text)
        path = PureWindowsPath(value)
        return f"/{path.as_posix()}" if path.is_absolute() else value

    checked({key: here(value) for key, value in table.items()}, where)


def _unsigned(package: Path, target: Path) -> None:
    """Copy a package without its signature, which would not hold any more."""
    command = ("osslsigncode", "remove-signature", "-in", str(package), "-out", str(target))
    if subprocess.run(command, capture_output=True, check=False).returncode != 0:
        shutil.copyfile(package, target)  # it has none


def _cabinet(work: Path, body: bytes) -> bytes:
    """Return a cabinet that holds the settings, as wixl packs them."""
    (work / _FILE).write_bytes(body)
    os.utime(work / _FILE, (MOMENT.timestamp(), MOMENT.timestamp()))
    msi.run(work, "wixl", "-o", "settings.msi", str(_RECIPE))
    command = ("msiinfo", "extract", "settings.msi", _CABINET)
    return subprocess.run(command, cwd=work, capture_output=True, check=True).stdout


def _add(work: Path, body: bytes) -> str:
    """Add the cabinet, where its file goes, and codes of its own; return the product's."""
    files = [line.split("\t") for line in msi.run(work, *_export("File")).splitlines()[3:]]
    last = max(int(each[-1]) for each in files) + 1
    properties = dict(
        line.split("\t") for line in msi.run(work, *_export("Property")).splitlines()[3:]
    )
    code = f"{properties['ProductCode']} {hashlib.sha256(body).hexdigest()}"
    product = f"{{{msi.code(f'product {code}')}}}"
    package = f"{code} {hashlib.sha256((work / 'out.msi').read_bytes()).hexdigest()}"
    rows = (
        msi.row(
            "Directory",
            Directory="CommonAppDataFolder",
            Directory_Parent="TARGETDIR",
            DefaultDir=".",
        ),
        msi.row(
            "Directory",
            Directory="SettingsDir",
            Directory_Parent="CommonAppDataFolder",
            DefaultDir="cardtool",
        ),
        msi.row(
            "Component",
            Component=_COMPONENT,
            ComponentId=f"{{{msi.code('settings')}}}",
            Directory_="SettingsDir",
            Attributes=_STAYS | _64_BIT,
            KeyPath=_COMPONENT,
        ),
        msi.row(
            "File",
            File=_COMPONENT,
            Component_=_COMPONENT,
            FileName=f"config.tom|{_FILE}",
            FileSize=len(body),
            Attributes=_VITAL,
            Sequence=last,
        ),
        msi.row("FeatureComponents", Feature_="Program", Component_=_COMPONENT),
        msi.row("Media", DiskId=2, LastSequence=last, Cabinet=f"#{_CABINET}"),
        # Windows would keep a file that was changed by hand, and show nobody that it did.
        msi.row("Property", Property="REINSTALLMODE", Value="amus"),
        f"UPDATE `Property` SET `Value` = '{product}' WHERE `Property` = 'ProductCode'",  # noqa: S608
    )
    msi.run(
        work,
        *("msibuild", "out.msi", "-a", _CABINET, _CABINET),
        *(word for row in rows for word in ("-q", row)),
        *("-s", "cardtool", "cardtool", "x64;0", f"{{{msi.code(f'package {package}')}}}"),
    )
    return product


def _export(table: str) -> tuple[str, ...]:
    return ("msiinfo", "export", "out.msi", table)


def main(package: str, settings: str, target: str) -> None:
    """Repack, sign if asked to, and say what was made."""
    try:
        product = repack(Path(package), Path(settings), Path(target))
    except Refused as refused:
        sys.exit(Text("en").refusal(refused.code, refused.facts))
    except ValueError as error:
        sys.exit(str(error))
    sign(Path(target), signer())
    digest = hashlib.sha256(Path(target).read_bytes()).hexdigest()
    sys.stdout.write(f"{digest}  {target}\nProductCode {product}\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
