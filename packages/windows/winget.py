# SPDX-License-Identifier: Apache-2.0
"""Writes what winget reads of an MSI file: where it lies, its checksum, and how it is recognised.

Source: Microsoft, Windows Package Manager manifest, version 1.6.0.
"""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path

from packages.windows import msi

IDENTIFIER = "Cardtool.Cardtool"
SCHEMA = "1.6.0"
_DEFAULT = "en-US"
_WORDS = {
    "en-US": "Names the broken link between a card reader, an e-signature card and its certificate",
    "tr-TR": "E-imza kartı, okuyucusu ve sertifikası arasındaki kopuk halkayı bulur",
}


def write(package: Path, version: str, product: str, site: str, folder: Path) -> None:
    """Write the manifests of a package; `site` is the address of the folder where it will lie."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, about in _manifests(package, version, product, site).items():
        kind = about["ManifestType"]
        head = f"# yaml-language-server: $schema=https://aka.ms/winget-manifest.{kind}.{SCHEMA}.schema.json\n"
        body = json.dumps(about, indent=2, ensure_ascii=False)  # each JSON document is YAML
        (folder / name).write_text(f"{head}{body}\n", "utf-8", newline="\n")


def _manifests(
    package: Path, version: str, product: str, site: str
) -> Mapping[str, dict[str, object]]:
    def manifest(kind: str, **rest: object) -> dict[str, object]:
        head = {"PackageIdentifier": IDENTIFIER, "PackageVersion": version}
        return {**head, **rest, "ManifestType": kind, "ManifestVersion": SCHEMA}

    installer = {
        "Architecture": "x64",
        "InstallerUrl": f"{site.rstrip('/')}/{package.name}",
        "InstallerSha256": hashlib.sha256(package.read_bytes()).hexdigest().upper(),
        "ProductCode": product,
        "AppsAndFeaturesEntries": [{"ProductCode": product, "UpgradeCode": msi.UPGRADE_CODE}],
    }
    languages = {
        f"{IDENTIFIER}.locale.{locale}.yaml": manifest(
            "defaultLocale" if locale == _DEFAULT else "locale",
            PackageLocale=locale,
            Publisher="cardtool",
            PackageName="cardtool",
            License="Apache-2.0",
            ShortDescription=words,
        )
        for locale, words in _WORDS.items()
    }
    return {
        f"{IDENTIFIER}.yaml": manifest("version", DefaultLocale=_DEFAULT),
        f"{IDENTIFIER}.installer.yaml": manifest(
            "installer",
            Platform=["Windows.Desktop"],
            MinimumOSVersion="10.0.0.0",
            InstallerType="msi",
            Scope="machine",
            InstallModes=["silent", "silentWithProgress"],
            UpgradeBehavior="install",
            Commands=["cardtool"],
            ElevationRequirement="elevationRequired",
            Installers=[installer],
        ),
        **languages,
    }
