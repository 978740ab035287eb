# SPDX-License-Identifier: Apache-2.0
"""A stage of fake commands for `./run`.

Nothing is installed and no network is used: the commands that would install are shell scripts
that write down how they were called.
"""

import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).parent.parent

_TOOLS = (
    *(
        "cat",
        "chmod",
        "cksum",
        "cp",
        "dirname",
        "env",
        "flock",
        "grep",
        "head",
        "id",
        "ln",
        "mkdir",
    ),
    *("mv", "paste", "readlink", "rm", "sed", "sh"),
)

_PYTHON = r"""#!/bin/sh
echo "python $*" >>"$LOG"
case "$*" in
    -ISc*) exec "$REAL_PYTHON" "$@" ;;
    '-Im venv '*) for folder; do :; done
        mkdir -p "$folder/bin" && cp "$0" "$folder/bin/python" ;;
    '-Im pip install '*)
        if [ -n "${PIP_BREAKS:-}" ]; then exit 1; fi
        printf '#!/bin/sh\nprintf "<%%s>" "$@"\n[ "$*" = --version ] || exit 2\n' \
            >"$(dirname "$0")/cardtool"
        chmod +x "$(dirname "$0")/cardtool" ;;
esac
"""


_FILES = (
    "usr/include/PCSC/winscard.h",
    "usr/include/stdio.h",
    "usr/lib/pcsc/drivers/ifd-ccid.bundle",
    "usr/lib/x86_64-linux-gnu/opensc-pkcs11.so",
)
"""The parts of a system that `./run` finds by a file."""

_APT = r"""#!/bin/sh
conf=$CARDTOOL_ROOT/etc/postgresql-common/createcluster.conf
echo "apt-get $*" >>"$LOG"
case "$*" in
    *--print-uris*)
        echo "'http://mirror/a.deb' a.deb 1500000 SHA256:00"
        echo "'http://mirror/b.deb' b.deb 700001 SHA256:00"
        echo "W: a warning" ;;
    *postgresql-common)
        mkdir -p "${conf%/*}"
        echo "#create_main_cluster = true" >"$conf" ;;
    *postgresql-15*)
        cat "$conf" >>"$LOG"
        cp "$0" "$(dirname "$0")/initdb"
        exit "${APT_BREAKS:-0}" ;;
    *) for name; do case $name in gcc) cp "$0" "$(dirname "$0")/gcc" ;; esac; done ;;
esac
"""


class Stage:
    """A copy of the checkout's set-up files, and a PATH on which only known commands are."""

    def __init__(self, folder: Path) -> None:
        """Lay the stage in an empty `folder`."""
        self.home = folder / "e-imza kartı"
        self.home.mkdir()
        for name in ("run", "pyproject.toml"):
            shutil.copy(ROOT / name, self.home)
        self.log = folder / "log"
        self.log.touch()
        self.path = folder / "bin"
        self.path.mkdir()
        for name in _TOOLS:
            tool = shutil.which(name)
            assert tool is not None
            (self.path / name).symlink_to(tool)
        self.put("python3", _PYTHON)
        for name in ("gcc", "pcscd"):
            self.put(name, "#!/bin/sh\n")
        for name in ("apt-get", "sudo", "systemctl"):
            self.put(name, f'#!/bin/sh\necho "{name} $*" >>"$LOG"\nexit 1\n')
        self.root = folder / "system"
        for file in _FILES:
            self.lay(file)
        self.os_release = self.lay("etc/os-release")
        self.os_release.write_text("ID=debian\n")

    def put(self, name: str, text: str) -> None:
        """Make a command."""
        (self.path / name).write_text(text)
        (self.path / name).chmod(0o755)

    def put_test_programs(self) -> None:
        """Make the commands that `./run test` wants of the system."""
        for name in ("chromium", "dbus-daemon", "initdb", "ip", "make", "npm", "opensc-tool"):
            self.put(name, f'#!/bin/sh\necho "{name} $*" >>"$LOG"\nexit ${{BREAKS:-0}}\n')
        for name in (
            "openssl",
            "pkcheck",
            "shellcheck",
            "softhsm2-util",
            "systemd-analyze",
            "unshare",
        ):
            self.put(name, "#!/bin/sh\n")
        self.lay("usr/lib/pcsc/drivers/serial/libifdvpcd.so")

    def lay(self, path: str) -> Path:
        """Lay an empty file of the system."""
        (self.root / path).parent.mkdir(parents=True, exist_ok=True)
        (self.root / path).touch()
        return self.root / path

    def put_apt(self) -> None:
        """Make root, an apt that writes down what it was asked and installs the gcc, and dpkg."""
        (self.path / "id").unlink()
        self.put("id", "#!/bin/sh\necho 0\n")
        self.put("apt-get", _APT)
        self.put("apt-cache", "#!/bin/sh\necho '  Depends: postgresql-15'\n")
        self.put("dpkg", "#!/bin/sh\n")
        self.put("dpkg-query", "#!/bin/sh\necho ok good\necho reinstreq torn\n")

    def start(
        self,
        *args: str,
        at: Path | None = None,
        env: Mapping[str, str] | None = None,
        before: tuple[str, ...] = (),
        cwd: str | Path = "/",
    ) -> subprocess.Popen[str]:
        """Start `./run ARGS`, by the path `at`, from a folder of no importance.

        `before` is a command that gets the path and `ARGS` as its last arguments.
        """
        return subprocess.Popen(
            [*before, at or self.home / "run", *args],
            env={
                "PATH": str(self.path),
                "LOG": str(self.log),
                "REAL_PYTHON": sys.executable,
                "CARDTOOL_ROOT": str(self.root),
                "PCSCLITE_CSOCK_NAME": "/nowhere",
                **(env or {}),
            },
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(
        self,
        *args: str,
        at: Path | None = None,
        env: Mapping[str, str] | None = None,
        before: tuple[str, ...] = (),
        cwd: str | Path = "/",
    ) -> subprocess.CompletedProcess[str]:
        """Run `./run ARGS` to its end."""
        with self.start(*args, at=at, env=env, before=before, cwd=cwd) as started:
            output, errors = started.communicate(timeout=120)
        return subprocess.CompletedProcess(started.args, started.returncode, output, errors)

    def change(self) -> None:
        """Change what the environment is made from, as an update does."""
        with (self.home / "pyproject.toml").open("a") as file:
            file.write("# another\n")

    def calls(self) -> str:
        """Return how the fake commands were called since the last time, and forget it."""
        text = self.log.read_text()
        self.log.write_text("")
        return text
