# SPDX-License-Identifier: Apache-2.0
"""List a module's slots, tokens and certificates with a bare python-pkcs11 script, in a process.

It is what someone would write in ten minutes: no judgement, no care. Tests hold the rig against
it, and it is the plain thing to compare a tool's time with.
"""

import importlib
import json
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, kw_only=True)
class Listing:
    """One slot as python-pkcs11 shows it."""

    description: str
    error: str = ""
    """The name of the exception that asking for the token raised; the rest is then empty."""
    label: str = ""
    serial: str = ""
    flags: int = 0
    certificates: tuple[tuple[str, bytes], ...] = ()
    """Label and CKA_VALUE of each certificate."""


def run_listing(
    module: Path, environment: Mapping[str, str], *, timeout_s: float = 60.0
) -> subprocess.CompletedProcess[bytes]:
    """Run the script on a module, however it ends."""
    return subprocess.run(
        [sys.executable, __file__, str(module)],
        env=dict(environment),
        capture_output=True,
        timeout=timeout_s,
        check=False,
    )


def listings(module: Path, environment: Mapping[str, str]) -> tuple[Listing, ...]:
    """Run the script and read its answer.

    Raises:
        RuntimeError: the script failed; the message is what it wrote.
    """
    done = run_listing(module, environment)
    if done.returncode != 0:
        raise RuntimeError(done.stderr.decode(errors="replace"))
    return tuple(
        Listing(
            **{
                **row,
                "certificates": tuple(
                    (label, bytes.fromhex(value)) for label, value in row["certificates"]
                ),
            }
        )
        for row in json.loads(done.stdout)
    )


def _list(path: str) -> list[dict[str, object]]:
    pkcs11 = importlib.import_module("pkcs11")
    attribute, certificate = pkcs11.Attribute, pkcs11.ObjectClass.CERTIFICATE
    rows = []
    for slot in pkcs11.lib(path).get_slots():
        row: dict[str, object] = {"description": slot.slot_description, "certificates": []}
        rows.append(row)
        try:
            token = slot.get_token()
            row |= {
                "label": token.label,
                "serial": token.serial.decode(errors="replace"),
                "flags": int(token.flags),
            }
            with token.open() as session:
                row["certificates"] = [
                    (stored[attribute.LABEL], stored[attribute.VALUE].hex())
                    for stored in session.get_objects({attribute.CLASS: certificate})
                ]
        except pkcs11.exceptions.PKCS11Error as error:
            row["error"] = type(error).__name__
    return rows


if __name__ == "__main__":
    sys.stdout.write(json.dumps(_list(sys.argv[1])) + "\n")
