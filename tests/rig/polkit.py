# SPDX-License-Identifier: Apache-2.0
"""A PC/SC service that asks polkit who may use it: a real bus, a real polkit, its own rules.

Where the machine's PC/SC service was built without polkit, a gate before it asks instead.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.rig import gate, pcsc
from tests.rig.pcsc import PATH, READER, PcscService, program

USER = "nobody"
"""A user without rights, a session or a group of readers."""
_USER_ID = 65534
_ACTIONS = Path("/usr/share/polkit-1/actions")
_ACTION_FILE = "org.debian.pcsc-lite.policy"
_ACTION = """  <action id="org.debian.pcsc-lite.{name}">
    <description>{name}</description>
    <message>{name}</message>
    <defaults>
      <allow_any>no</allow_any>
      <allow_inactive>no</allow_inactive>
      <allow_active>yes</allow_active>
    </defaults>
  </action>
"""
"""What the maker lets whom do. Source: pcsc-lite 1.9.9, doc/org.debian.pcsc-lite.policy."""


def missing() -> str:
    """Name what this machine lacks for such a service; empty if nothing."""
    programs = ("dbus-daemon", "pkcheck", "setpriv")
    absent = [program for program in programs if shutil.which(program, path=PATH) is None]
    absent += ["polkitd"] if gate.polkitd() is None else []
    return ", ".join(filter(None, [pcsc.missing(), *absent]))


class GuardedService(PcscService):
    """A service that lets in root, and whom the rules let in; see `PcscService`."""

    def __init__(self, readers: int = 1, *, groups: Mapping[str, Sequence[str]]) -> None:
        """Describe a service on a machine that has these groups too, each with its members."""
        super().__init__(readers, names=(READER,))
        self._rules = self.folder / "rules.d"
        self._actions = self.folder / "actions"
        self._groups = self.folder / "group"
        for folder in (self._rules, self._actions):
            folder.mkdir()
            folder.chmod(0o755)
        rows = (f"{name}:x:{60000 + n}:{','.join(groups[name])}" for n, name in enumerate(groups))
        self._groups.write_text("\n".join([Path("/etc/group").read_text().rstrip(), *rows, ""]))
        self._groups.chmod(0o644)
        self._write_actions()
        if not gate.has_polkit(program()):
            self.env["PCSCLITE_CSOCK_NAME"] = str(self.folder / "run" / "gate.comm")

    def install(self, rules: str) -> None:
        """Put a file of rules in place, for when the service is started."""
        (self._rules / "60-readers.rules").write_text(rules, encoding="utf-8")

    def command(self) -> list[str]:
        """Return the service's command, which prepares bus and polkit first."""
        before = [self._rules, self._actions, self._groups]
        return [sys.executable, "-I", gate.__file__, *map(str, before), *self.service()]

    def as_user(self) -> tuple[str, ...]:
        """Return the beginning of a command that `USER` runs, who may read all the tests are of.

        Neither the service nor polkit asks for the capability that takes.
        """
        able = ("--inh-caps=+dac_override", "--ambient-caps=+dac_override")
        return ("setpriv", f"--reuid={_USER_ID}", f"--regid={_USER_ID}", "--clear-groups", *able)

    def run_as_user(
        self, *command: str | os.PathLike[str], home: Path
    ) -> subprocess.CompletedProcess[str]:
        """Run a command as `USER`."""
        return subprocess.run(
            [*self.as_user(), *command],
            env={**self.env, "HOME": str(home), "PYTHONIOENCODING": "utf-8"},
            capture_output=True,
            encoding="utf-8",
            check=False,
        )

    def _write_actions(self) -> None:
        own = _ACTIONS / _ACTION_FILE
        if own.exists():
            shutil.copy(own, self._actions)
            return
        rows = "".join(_ACTION.format(name=name) for name in ("access_pcsc", "access_card"))
        text = f'<?xml version="1.0" encoding="UTF-8"?>\n<policyconfig>\n{rows}</policyconfig>\n'
        (self._actions / _ACTION_FILE).write_text(text)
