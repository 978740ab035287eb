# SPDX-License-Identifier: Apache-2.0
"""A SoftHSM2 token in a folder: a real module, another vendor's, with no reader behind it."""

import os
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from tests.rig.compiler import compile_library
from tests.rig.modules import Module

Refusable = Literal["AT_Login", "AT_SignInit", "AT_GetMechanismList", "FUNCTIONS"]
"""Places of functions that can be made to refuse; the last is none."""

_WATCHED = Path(__file__).with_name("modules") / "watched.c"

_PLACES = (
    Path("/usr/lib/softhsm/libsofthsm2.so"),
    Path("/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so"),
    Path("/usr/lib/aarch64-linux-gnu/softhsm/libsofthsm2.so"),
    Path("/usr/lib64/softhsm/libsofthsm2.so"),
)
PIN = "123456"
"""The PIN of a token made here, of its user and of its security officer."""


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

    def __init__(self, folder: Path, *, label: str = "yumuşak", pin: str = PIN) -> None:
        """Make the store and the token."""
        (folder / "tokens").mkdir()
        configuration = folder / "softhsm2.conf"
        configuration.write_text(f"directories.tokendir = {folder / 'tokens'}\nlog.level = ERROR\n")
        self.module = module_path()
        self.env = {**os.environ, "SOFTHSM2_CONF": str(configuration)}
        """The environment in which the module finds this store."""
        self._folder = folder
        self._label = label
        self.pin = pin
        pins = ("--pin", pin, "--so-pin", pin)
        self._run("softhsm2-util", "--init-token", "--free", "--label", label, *pins)

    def add(self, certificates: Sequence[tuple[str, bytes]], *, first: int = 1) -> None:
        """Put certificates in, each a label and its DER; identifiers count from `first`."""
        source = self._folder / "certificate.der"
        for number, (label, der) in enumerate(certificates, start=first):
            source.write_bytes(der)
            token = ("--module", str(self.module), "--token-label", self._label)
            what = ("--type", "cert", "--label", label, "--id", f"{number:02x}")
            self._run(
                "pkcs11-tool",
                *token,
                "--login",
                "--pin",
                self.pin,
                "--write-object",
                str(source),
                *what,
            )

    def add_key(self, pkcs8: bytes, *, identifier: int = 1, always: bool = False) -> None:
        """Put a private key in; `always` wants the PIN again for each signature."""
        source = self._folder / "key.der"
        source.write_bytes(pkcs8)
        token = ("--module", str(self.module), "--token-label", self._label, "--login")
        what = ("--type", "privkey", "--id", f"{identifier:02x}", "--usage-sign")
        more = ("--always-auth",) if always else ()
        self._run(
            "pkcs11-tool", *token, "--pin", self.pin, "--write-object", str(source), *what, *more
        )
        source.unlink()

    def watched(
        self,
        *,
        gate: Path | None = None,
        flags: int = 0,
        refused: Refusable = "FUNCTIONS",
        answer: int = 0,
        leaks: bool = False,
    ) -> Module:
        """Compile a module that is this one and writes each login down.

        `gate` is a file without which no login comes through; `flags` are set beside the token's;
        the function that is `refused` gives this `answer`, a mechanism list with 0 is empty;
        one that `leaks` prints the PIN to standard error at a login and crashes.
        """
        module = Module(path=self._folder / "watched.so", login_log=self._folder / "watched.logins")
        texts = {"REAL": self.module, "LOGIN_LOG": module.login_log, "GATE": gate or ""}
        options = [f'-D{name}="{text}"' for name, text in texts.items()]
        options += [f"-DFLAGS={flags}ul", f"-DREFUSED={refused}", f"-DANSWER={answer}ul"]
        options += [f"-DLEAKS={int(leaks)}"]
        compile_library(_WATCHED, module.path, *options)
        return module

    def _run(self, *command: str) -> None:
        done = subprocess.run(command, env=self.env, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise RuntimeError(done.stdout + done.stderr)
