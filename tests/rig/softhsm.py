# SPDX-License-Identifier: Apache-2.0
"""A SoftHSM2 token in a folder: a real module, another vendor's, with no reader behind it."""

import os
import subprocess
from collections.abc import Sequence
from pathlib import Path

_PLACES = (
    Path("/usr/lib/softhsm/libsofthsm2.so"),
    Path("/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so"),
    Path("/usr/lib/aarch64-linux-gnu/softhsm/libsofthsm2.so"),
    Path("/usr/lib64/softhsm/libsofthsm2.so"),
)
_PIN = "123456"


def module_path() -> Path:
    """Find the module.

    Raises:
        FileNotFoundError: SoftHSM2 is not installed where Debian or Fedora put it.
    """
    for place in _PLACES:
        if place.exists():
            return place
    message = "libsofthsm2.so: none of " + ", ".join(map(str, _PLACES))
    raise FileNotFoundError(message)


class SoftHsm:
    """A store of its own in a folder, with one initialised token."""

    def __init__(self, folder: Path, *, label: str = "yumuşak") -> None:
        """Make the store and the token."""
        (folder / "tokens").mkdir()
        configuration = folder / "softhsm2.conf"
        configuration.write_text(f"directories.tokendir = {folder / 'tokens'}\nlog.level = ERROR\n")
        self.module = module_path()
        self.env = {**os.environ, "SOFTHSM2_CONF": str(configuration)}
        """The environment in which the module finds this store."""
        self._folder = folder
        self._label = label
        pins = ("--pin", _PIN, "--so-pin", _PIN)
        self._run("softhsm2-util", "--init-token", "--free", "--label", label, *pins)

    def add(self, certificates: Sequence[tuple[str, bytes]]) -> None:
        """Put certificates in, each a label and its DER; identifiers count from one."""
        source = self._folder / "certificate.der"
        for number, (label, der) in enumerate(certificates, start=1):
            source.write_bytes(der)
            token = ("--module", str(self.module), "--token-label", self._label)
            what = ("--type", "cert", "--label", label, "--id", f"{number:02x}")
            self._run(
                "pkcs11-tool",
                *token,
                "--login",
                "--pin",
                _PIN,
                "--write-object",
                str(source),
                *what,
            )

    def _run(self, *command: str) -> None:
        done = subprocess.run(command, env=self.env, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise RuntimeError(done.stdout + done.stderr)
