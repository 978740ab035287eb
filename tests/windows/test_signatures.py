# SPDX-License-Identifier: Apache-2.0
"""A Windows Python is used only if every file of it is its makers'."""

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.windows.cache import PYTHON
from tests.windows.interpreter import UntrustedError, check


@pytest.fixture(name="python")
def _python(tmp_path: Path) -> Path:
    """Give a small part of the installed Python."""
    for name in ("python.exe", "select.pyd", "vcruntime140.dll", "python312.zip"):
        shutil.copyfile(PYTHON / name, tmp_path / name)
    return tmp_path


def test_what_its_makers_signed_is_used(python: Path) -> None:
    check(python)


def test_a_changed_byte_is_noticed(python: Path) -> None:
    library = bytearray((python / "select.pyd").read_bytes())
    library[0x500] ^= 1
    (python / "select.pyd").write_bytes(library)

    with pytest.raises(UntrustedError, match=r"select\.pyd: its digest is not the signed one"):
        check(python)


def test_a_changed_library_of_python_is_noticed(python: Path) -> None:
    with (python / "python312.zip").open("ab") as file:
        file.write(b"\0")

    with pytest.raises(UntrustedError, match=r"python312\.zip: nobody signed it"):
        check(python)


def test_an_unsigned_library_is_noticed(python: Path) -> None:
    shutil.copyfile(PYTHON.parent / "modules" / "akisp11-64.dll", python / "added.dll")

    with pytest.raises(UntrustedError, match=r"added\.dll"):
        check(python)


def test_a_signer_with_the_right_name_alone_is_noticed(python: Path) -> None:
    key, certificate = python / "key.pem", python / "certificate.pem"
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "30"),
            *("-subj", "/CN=Python Software Foundation", "-addext", "extendedKeyUsage=codeSigning"),
            *("-keyout", str(key), "-out", str(certificate)),
        ],
        check=True,
        capture_output=True,
    )
    subprocess.run(
        [
            *("osslsigncode", "sign", "-certs", str(certificate), "-key", str(key)),
            *("-in", str(PYTHON.parent / "modules" / "akisp11-64.dll")),
            *("-out", str(python / "added.dll")),
        ],
        check=True,
        capture_output=True,
    )
    key.unlink()
    certificate.unlink()

    with pytest.raises(UntrustedError, match=r"added\.dll: its signature does not lead to"):
        check(python)
