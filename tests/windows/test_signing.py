# SPDX-License-Identifier: Apache-2.0
"""Programs and package are signed, each before it is packed, where a build is told how."""

import subprocess
import zipfile
from pathlib import Path

import pytest

from packages.windows import build, tree
from packages.windows.msi import TASKS


@pytest.fixture(name="certificate")
def _certificate(tmp_path: Path) -> Path:
    """Make a certificate for signing programs, its key beside it, that is its own authority."""
    certificate = tmp_path / "certificate.pem"
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "30"),
            *("-subj", "/CN=Test of cardtool", "-addext", "extendedKeyUsage=codeSigning"),
            *("-keyout", str(tmp_path / "key.pem"), "-out", str(certificate)),
        ],
        check=True,
        capture_output=True,
    )
    return certificate


def test_programs_and_package_are_signed(tmp_path: Path, certificate: Path) -> None:
    folder = tmp_path / "tree"
    folder.mkdir()
    for task in TASKS:
        (folder / task.file).write_text("<Task/>")
    tree.build_launchers(folder, "1.2.3")
    key = str(certificate.with_name("key.pem"))
    sign = ("osslsigncode", "sign", "-certs", str(certificate), "-key", key, "-h", "sha256")

    made = build.pack(folder, "1.2.3", tmp_path / "dist", sign)

    with zipfile.ZipFile(made.archive) as archive:
        archive.extractall(tmp_path / "unpacked")
    subprocess.run(["msiextract", "-C", tmp_path / "installed", made.msi], check=True)
    programs = sorted(tmp_path.glob("*/**/cardtool*.exe"))
    assert len(programs) == 6
    for file in (made.msi, *programs):
        assert _is_signed(file, certificate), file
    changed = bytearray(made.msi.read_bytes())
    changed[len(changed) // 2] ^= 1
    made.msi.write_bytes(changed)
    assert not _is_signed(made.msi, certificate)


def _is_signed(file: Path, certificate: Path) -> bool:
    done = subprocess.run(
        ["osslsigncode", "verify", "-CAfile", str(certificate), "-in", str(file)],
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode == 0 and done.stdout.split()[-1:] == ["Succeeded"]
