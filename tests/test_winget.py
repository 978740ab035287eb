# SPDX-License-Identifier: Apache-2.0
"""The manifests for winget say what its schemas ask for, and the truth about the package."""

import hashlib
from pathlib import Path
from typing import Annotated, Literal

import msgspec
import pytest
import yaml

from packages.windows import winget

_PRODUCT = "{BB77F55B-650E-5E0F-BC96-674BF2F3203B}"

Identifier = Annotated[
    str, msgspec.Meta(pattern=r"^[^.\s\\/:*?\"<>|]{1,32}(\.[^.\s\\/:*?\"<>|]{1,32}){1,7}$")
]
Sha256 = Annotated[str, msgspec.Meta(pattern=r"^[A-Fa-f0-9]{64}$")]
Locale = Annotated[str, msgspec.Meta(pattern=r"^[a-zA-Z]{2,3}(-[a-zA-Z]{1,8})*$", max_length=20)]
Url = Annotated[str, msgspec.Meta(pattern=r"^https?://.+$", max_length=2048)]
Name = Annotated[str, msgspec.Meta(min_length=2, max_length=256)]


class _Manifest(msgspec.Struct, forbid_unknown_fields=True, rename="pascal"):
    package_identifier: Identifier
    package_version: Annotated[str, msgspec.Meta(pattern=r"^[^\\/:*?\"<>|]+$")]
    manifest_type: str
    manifest_version: Literal["1.6.0"]


class _Version(_Manifest):
    default_locale: Locale


class _Language(_Manifest):
    package_locale: Locale
    publisher: Name
    package_name: Name
    license: Annotated[str, msgspec.Meta(min_length=3, max_length=512)]
    short_description: Annotated[str, msgspec.Meta(min_length=3, max_length=256)]


class _Entry(msgspec.Struct, forbid_unknown_fields=True, rename="pascal"):
    product_code: str
    upgrade_code: str


class _Installer(msgspec.Struct, forbid_unknown_fields=True, rename="pascal"):
    architecture: Literal["x86", "x64", "arm", "arm64", "neutral"]
    installer_url: Url
    installer_sha256: Sha256 = msgspec.field(name="InstallerSha256")
    product_code: Annotated[str, msgspec.Meta(min_length=1, max_length=255)]
    apps_and_features_entries: list[_Entry]


class _Installers(_Manifest):
    platform: list[Literal["Windows.Desktop", "Windows.Universal"]]
    minimum_os_version: Annotated[str, msgspec.Meta(pattern=r"^\d+(\.\d+){0,3}$")] = msgspec.field(
        name="MinimumOSVersion"
    )
    installer_type: Literal["msix", "msi", "appx", "exe", "zip", "inno", "nullsoft", "wix", "burn"]
    scope: Literal["user", "machine"]
    install_modes: list[Literal["interactive", "silent", "silentWithProgress"]]
    upgrade_behavior: Literal["install", "uninstallPrevious"]
    commands: list[Annotated[str, msgspec.Meta(max_length=40)]]
    elevation_requirement: Literal["elevationRequired", "elevationProhibited", "elevatesSelf"]
    installers: Annotated[list[_Installer], msgspec.Meta(min_length=1)]


_KINDS = {
    "Cardtool.Cardtool.yaml": ("version", _Version),
    "Cardtool.Cardtool.installer.yaml": ("installer", _Installers),
    "Cardtool.Cardtool.locale.en-US.yaml": ("defaultLocale", _Language),
    "Cardtool.Cardtool.locale.tr-TR.yaml": ("locale", _Language),
}
"""The four files, and what the schema of each asks for of the fields that are used here.

Source: Microsoft, winget-cli, schemas/JSON/manifests/v1.6.0.
"""


@pytest.fixture(name="folder")
def _folder(tmp_path: Path) -> Path:
    (tmp_path / "cardtool-0.1.0.msi").write_bytes(b"package")
    winget.write(
        tmp_path / "cardtool-0.1.0.msi",
        "0.1.0",
        _PRODUCT,
        "https://it.example.org/cardtool/",
        tmp_path / "winget",
    )
    return tmp_path / "winget"


def test_each_manifest_is_what_its_schema_asks_for(folder: Path) -> None:
    assert {path.name for path in folder.iterdir()} == set(_KINDS)
    for name, (kind, record) in _KINDS.items():
        body = yaml.safe_load((folder / name).read_text("utf-8"))
        manifest = msgspec.convert(body, record)
        assert manifest.manifest_type == kind
        assert (manifest.package_identifier, manifest.package_version) == (
            "Cardtool.Cardtool",
            "0.1.0",
        )


def test_the_installer_is_found_and_recognised(folder: Path) -> None:
    body = yaml.safe_load((folder / "Cardtool.Cardtool.installer.yaml").read_text("utf-8"))

    (installer,) = body["Installers"]
    assert installer["InstallerUrl"] == "https://it.example.org/cardtool/cardtool-0.1.0.msi"
    assert installer["InstallerSha256"] == hashlib.sha256(b"package").hexdigest().upper()
    assert installer["ProductCode"] == _PRODUCT
