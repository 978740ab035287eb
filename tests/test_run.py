# SPDX-License-Identifier: Apache-2.0
"""`./run` against a stage of fake commands: what it asks of the system, and what it hands over.

Nothing is installed and no network is used: the commands that would install are shell scripts
that write down how they were called.
"""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from cardtool.cli import main
from cardtool.cli.fleet import fleet
from cardtool.config import languages
from tests.conftest import require

ROOT = Path(__file__).parent.parent

_TOOLS = (
    *("cat", "chmod", "cksum", "cp", "dirname", "env", "grep", "head", "id", "mkdir", "mv"),
    *("paste", "readlink", "rm", "sed", "sh"),
)

_PYTHON = r"""#!/bin/sh
echo "python $*" >>"$LOG"
case "$*" in
    -ISc*) exec "$REAL_PYTHON" "$@" ;;
    '-m venv '*) for folder; do :; done
        rm -rf "$folder" && mkdir -p "$folder/bin" && cp "$0" "$folder/bin/python" ;;
    '-m pip install '*)
        if [ -n "${PIP_BREAKS:-}" ]; then exit 1; fi
        printf '#!/bin/sh\nprintf "<%%s>" "$@"\nexit 2\n' >"$(dirname "$0")/cardtool"
        chmod +x "$(dirname "$0")/cardtool" ;;
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
        self.os_release = folder / "os-release"
        self.os_release.write_text("ID=debian\n")

    def put(self, name: str, text: str) -> None:
        """Make a command."""
        (self.path / name).write_text(text)
        (self.path / name).chmod(0o755)

    def run(
        self,
        *args: str,
        at: Path | None = None,
        env: Mapping[str, str] | None = None,
        before: tuple[str, ...] = (),
    ) -> subprocess.CompletedProcess[str]:
        """Run `./run ARGS`, by the path `at`, from a folder of no importance.

        `before` is a command that gets the path and `ARGS` as its last arguments.
        """
        return subprocess.run(
            [*before, at or self.home / "run", *args],
            env={
                "PATH": str(self.path),
                "LOG": str(self.log),
                "REAL_PYTHON": sys.executable,
                "CARDTOOL_OS_RELEASE": str(self.os_release),
                "PCSCLITE_CSOCK_NAME": "/nowhere",
                **(env or {}),
            },
            cwd="/",
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )

    def calls(self) -> str:
        """Return how the fake commands were called since the last time, and forget it."""
        text = self.log.read_text()
        self.log.write_text("")
        return text


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    # Parts that are found by their file cannot be faked on a PATH.
    files = ("/usr/lib/pcsc/drivers/ifd-ccid.bundle", "/usr/include/PCSC/winscard.h")
    for each in (*files, "/usr/include/stdio.h"):
        require(Path(each).exists(), each)
    require(any(Path("/usr/lib").glob("*/opensc-pkcs11.so")), "opensc-pkcs11")
    return Stage(tmp_path)


@pytest.mark.parametrize("script", ["run", ".ci/run"])
def test_shellcheck_has_nothing_to_say(script: str) -> None:
    shellcheck = shutil.which("shellcheck")
    require(shellcheck, "shellcheck")
    assert shellcheck is not None

    told = subprocess.run([shellcheck, ROOT / script], capture_output=True, text=True, check=False)

    assert told.stdout == ""


def test_first_run_makes_the_environment_then_hands_over(stage: Stage) -> None:
    done = stage.run("check", "--lang", "a b")

    calls = stage.calls()
    assert f"python -m venv --clear {stage.home}/.venv" in calls
    assert f"-e {stage.home}\n" in calls
    assert "apt-get" not in calls
    assert done.stdout == "<check><--lang><a b>"
    assert done.returncode == 2


def test_second_run_installs_nothing_and_says_nothing(stage: Stage) -> None:
    stage.run()
    stage.calls()

    done = stage.run("check")

    assert stage.calls() == ""
    assert (done.stdout, done.stderr) == ("<check>", "")


def test_symlink_leads_to_the_same_environment(stage: Stage, tmp_path: Path) -> None:
    stage.run()
    stage.calls()
    link = tmp_path / "cardtool"
    link.symlink_to(stage.home / "run")

    done = stage.run("certs", at=link)

    assert stage.calls() == ""
    assert done.stdout == "<certs>"


def test_changed_pyproject_installs_again_into_the_same_environment(stage: Stage) -> None:
    stage.run()
    stage.calls()
    with (stage.home / "pyproject.toml").open("a") as file:
        file.write("# another\n")

    stage.run()

    calls = stage.calls()
    assert "-m pip install" in calls
    assert "-m venv" not in calls


def test_interrupted_set_up_starts_afresh(stage: Stage) -> None:
    broken = stage.run(env={"PIP_BREAKS": "1"})
    stage.calls()

    done = stage.run("check")

    assert broken.returncode == 3
    assert broken.stdout == ""
    assert "-m venv --clear" in stage.calls()
    assert done.stdout == "<check>"


def test_interrupted_upgrade_starts_afresh(stage: Stage) -> None:
    stage.run()
    with (stage.home / "pyproject.toml").open("a") as file:
        file.write("# another\n")
    stage.run(env={"PIP_BREAKS": "1"})
    stage.calls()

    stage.run()

    assert "-m venv --clear" in stage.calls()


def test_moved_folder_makes_its_environment_again(stage: Stage) -> None:
    stage.run()
    stage.calls()
    stage.home = stage.home.rename(stage.home.with_name("moved"))

    stage.run()

    assert f"python -m venv --clear {stage.home}/.venv" in stage.calls()


def test_new_system_python_makes_the_environment_again(stage: Stage) -> None:
    stage.run()
    stage.calls()
    python = stage.home / ".venv/bin/python"
    python.unlink()
    python.symlink_to(stage.path / "python3")

    stage.run()

    assert "-m venv --clear" in stage.calls()


def test_unknown_system_lists_what_to_install_and_exits_3(stage: Stage) -> None:
    stage.os_release.write_text("ID=plan9\n")
    (stage.path / "gcc").unlink()

    done = stage.run()

    assert done.returncode == 3
    assert done.stdout == ""
    assert done.stderr.rstrip().endswith(": gcc")
    assert "apt-get" not in stage.calls()


def test_unknown_system_with_everything_there_runs(stage: Stage) -> None:
    stage.os_release.write_text("ID=plan9\n")

    assert stage.run("check").stdout == "<check>"


def test_debian_without_root_names_the_command_and_exits_3(stage: Stage) -> None:
    (stage.path / "gcc").unlink()
    (stage.path / "id").unlink()
    stage.put("id", "#!/bin/sh\necho 1000\n")

    done = stage.run()

    assert done.returncode == 3
    assert "apt-get update && apt-get install -y gcc" in done.stderr
    assert stage.calls().splitlines()[-1] == "sudo -n true"


def test_debian_says_what_it_installs_and_mends_what_was_interrupted(stage: Stage) -> None:
    (stage.path / "gcc").unlink()
    (stage.path / "id").unlink()
    stage.put("id", "#!/bin/sh\necho 0\n")
    make_gcc = (
        f'#!/bin/sh\necho "apt-get $*" >>"$LOG"\ncp "{stage.path}/pcscd" "{stage.path}/gcc"\n'
    )
    stage.put("apt-get", make_gcc)
    stage.put("dpkg", "#!/bin/sh\n")
    stage.put("dpkg-query", "#!/bin/sh\necho ok good\necho reinstreq torn\n")

    done = stage.run("check")

    assert done.stderr.splitlines()[0].endswith("(this needs root): gcc")
    assert "install -y --reinstall torn\n" in (calls := stage.calls())
    assert "install -y --no-install-recommends gcc\n" in calls
    assert done.stdout == "<check>"


@pytest.mark.parametrize(
    ("release", "packages"),
    [
        ("ID=debian\n", "python3 python3-venv python3-dev"),
        ("ID=ubuntu\nVERSION_CODENAME=jammy\n", "python3.11 python3.11-venv python3.11-dev"),
        ("ID=linuxmint\nID_LIKE=ubuntu\nUBUNTU_CODENAME=jammy\n", "python3.11 python3.11-venv"),
    ],
)
def test_python_comes_by_the_name_its_system_gives_it(
    stage: Stage, release: str, packages: str
) -> None:
    stage.os_release.write_text(release)
    (stage.path / "python3").unlink()

    done = stage.run()

    assert done.returncode == 3
    assert packages in done.stderr


@pytest.mark.parametrize(
    "environment",
    [
        {"LANG": "tr_TR.UTF-8"},
        {"LC_ALL": "C.UTF-8", "LANG": "tr_TR.UTF-8"},
        {"LC_ALL": "POSIX", "LC_MESSAGES": "", "LANG": "TR"},
        {"CARDTOOL_LANG": "tr", "LC_ALL": "de_DE.UTF-8"},
        {"LC_ALL": "de_DE.UTF-8", "LANG": "tr_TR.UTF-8"},
        {"LC_ALL": "C.UTF-8", "LANG": "C"},
    ],
)
def test_words_follow_the_same_rule_as_those_of_cardtool(
    stage: Stage, environment: dict[str, str]
) -> None:
    words = {"tr": "Python ortamı hazırlanıyor", "en": "Making the Python environment"}

    done = stage.run(env=environment)

    assert words[next(languages(None, environment), "en")] in done.stderr


_LOOKING = {"calendar", "certs", "check", "drivers", "sign-test", "snapshot"}
"""Commands that look at this machine; whoever adds another one says here which it is."""

_FLEET_LOOKING = {"send"}
"""The same of the commands about many workstations."""


@pytest.mark.parametrize(
    "arguments",
    [
        *((name,) for name in sorted(set(main.commands) - _LOOKING)),
        ("explain", "nes-valid"),
        ("guide", "renewal"),
        ("--lang", "tr", "diagnose", "a.json"),
        ("certs", "--help"),
        ("practice", "sound"),
        ("drivers", "--polkit-rule", "kartlar"),
        ("--version",),
        *(("fleet", name) for name in sorted(set(fleet.commands) - _FLEET_LOOKING)),
        ("--lang", "tr", "fleet", "import", "/srv/kartlar"),
        ("fleet", "send", "--help"),
    ],
)
def test_what_looks_at_nothing_starts_no_service_and_asks_for_no_root(
    stage: Stage, arguments: tuple[str, ...]
) -> None:
    stage.run("fleet")
    stage.calls()
    enclosed = {"PCSCLITE_CSOCK_NAME": ""}

    done = stage.run(*arguments, env=enclosed)
    completed = stage.run(env={**enclosed, "_CARDTOOL_COMPLETE": "bash_complete"})

    assert stage.calls() == ""
    assert done.stderr + completed.stderr == ""
    assert done.stdout == "".join(f"<{each}>" for each in arguments)


@pytest.mark.parametrize(
    "arguments",
    [
        *((name,) for name in sorted(_LOOKING)),
        (),
        ("-v", "--lang", "tr"),
        ("certs", "export", "-o", "fleet"),
        *(("fleet", name) for name in sorted(_FLEET_LOOKING)),
        ("--lang", "tr", "fleet", "send", "--to", "/srv/kartlar"),
    ],
)
def test_what_looks_at_this_machine_has_the_service_started(
    stage: Stage, arguments: tuple[str, ...]
) -> None:
    """Here none answers, whether one runs on this machine or not."""
    stage.run("fleet")
    stage.calls()
    python = stage.home / ".venv/bin/python"
    python.write_text('#!/bin/sh\nif [ "$1" = -ISc ]; then exit 1; fi\n')
    (stage.path / "id").unlink()
    stage.put("id", "#!/bin/sh\necho 1000\n")

    stage.run(*arguments, env={"PCSCLITE_CSOCK_NAME": ""})

    assert re.match(r"sudo -n (/usr/sbin/pcscd|systemctl start pcscd.socket)\n", stage.calls())


def test_test_parts_are_installed_after_a_plain_set_up(stage: Stage) -> None:
    stage.run()
    stage.calls()
    programs = (
        "softhsm2-util opensc-tool openssl shellcheck unshare ip make dbus-daemon pkcheck initdb"
    )
    for name in (*programs.split(), "chromium"):
        stage.put(name, "#!/bin/sh\n")
    stage.put("npm", '#!/bin/sh\necho "npm $*" >>"$LOG"\nexit ${NPM_BREAKS:-0}\n')
    vpcd = "/usr/lib/pcsc/drivers/serial/libifdvpcd.so"
    require(Path(vpcd).exists(), vpcd)

    broken = stage.run("test", env={"NPM_BREAKS": "1"})
    stage.calls()
    stage.run("test", "-k", "name")
    calls = stage.calls()
    stage.run()
    stage.run("fleet", "audit")

    assert broken.returncode == 3
    assert f"npm install --prefix {stage.home}/.venv/npm --no-save" in calls
    assert f"-e {stage.home}[fleet,test]\n" in calls
    assert calls.splitlines()[-1] == "python -m pytest -k name"
    assert stage.calls() == ""


def test_packages_of_the_store_are_installed_with_the_first_word_that_wants_them(
    stage: Stage,
) -> None:
    stage.run()
    stage.run("diagnose", "fleet")
    stage.run("fleet", env={"_CARDTOOL_COMPLETE": "bash_complete"})
    plain = stage.calls()
    first = stage.run("--lang", "tr", "fleet", "audit")
    calls = stage.calls()
    again = stage.run("fleet", "audit")
    stage.run("check")

    assert f"-e {stage.home}\n" in plain
    assert "[fleet]" not in plain
    assert "(cardtool[fleet])" in first.stderr
    assert f"-e {stage.home}[fleet]\n" in calls
    assert "-m venv" not in calls
    assert first.stdout == "<--lang><tr><fleet><audit>"
    assert (again.stdout, again.stderr) == ("<fleet><audit>", "")
    assert stage.calls() == ""


_SERVICE_LIFE = """
mount -t tmpfs tmpfs /run
"$0" first
echo "then" >&2
"$0" second
kill -9 "$(cat /run/pcscd/pcscd.pid)"
sleep 0.2  # this shell is process 1 here: while it waits it also buries the service
echo "then" >&2
"$0" third
"""


@pytest.mark.real
def test_service_is_started_where_none_answers(stage: Stage) -> None:
    """A killed service leaves its socket behind: the third run must not be taken in by it."""
    require(Path("/usr/sbin/pcscd").exists(), "pcscd")
    require(shutil.which("unshare"), "unshare")
    stage.run()
    for name in ("mount", "sleep", "unshare"):
        (stage.path / name).symlink_to(str(shutil.which(name)))

    enclosed = ["unshare", "--mount", "--pid", "--fork", "--kill-child"]
    if sys.platform != "win32" and os.geteuid() != 0:
        enclosed.append("--map-root-user")

    done = stage.run(env={"PCSCLITE_CSOCK_NAME": ""}, before=(*enclosed, "sh", "-c", _SERVICE_LIFE))

    first, second, third = done.stderr.split("then\n")
    assert first.endswith("(this needs root): /usr/sbin/pcscd\n")
    assert second == ""
    assert third.endswith("(this needs root): /usr/sbin/pcscd\n")
    assert done.stdout == "<first><second><third>"
