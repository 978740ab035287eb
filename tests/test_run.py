# SPDX-License-Identifier: Apache-2.0
"""`./run` against a stage of fake commands: what it asks of the system, and what it hands over."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from cardtool.cli import main
from cardtool.cli.commands.fleet import fleet
from cardtool.language import asked_language
from tests.conftest import require
from tests.rig.pcsc import without_polkit
from tests.stage import ROOT, Stage


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    return Stage(tmp_path)


@pytest.mark.parametrize("script", ["run", ".ci/run"])
def test_shellcheck_has_nothing_to_say(script: str) -> None:
    shellcheck = shutil.which("shellcheck")
    require(shellcheck, "shellcheck")
    assert shellcheck is not None

    told = subprocess.run([shellcheck, ROOT / script], capture_output=True, text=True, check=False)

    assert told.stdout == ""


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
    stage.put_apt()

    done = stage.run("check")

    needed, refreshed, downloaded = done.stderr.splitlines()[:3]
    assert needed.endswith("(this needs root): gcc")
    assert "about 10 MB" in refreshed
    assert "(3 MB)" in downloaded
    assert downloaded.endswith("To undo it: apt-get purge --autoremove gcc")
    assert "install -y --reinstall torn\n" in (calls := stage.calls())
    assert "install -y --no-install-recommends gcc\n" in calls
    assert done.stdout == "<check>"


@pytest.mark.parametrize("breaks", ["0", "1"])
def test_the_database_server_of_the_tests_does_not_start_with_the_machine(
    stage: Stage, breaks: str
) -> None:
    """Debian's package makes a cluster that does, unless this file says otherwise meanwhile."""
    stage.put_test_programs()
    (stage.path / "initdb").unlink()
    stage.put_apt()
    config = stage.root / "etc/postgresql-common/createcluster.conf"

    done = stage.run("test", "-k", "name", env={"APT_BREAKS": breaks})

    calls = stage.calls()
    installed = calls.index("install -y --no-install-recommends postgresql-15\n")
    assert calls.index("--no-install-recommends postgresql-common\n") < installed
    assert calls.index("create_main_cluster = false\n") > installed
    assert config.read_text() == "#create_main_cluster = true\n"
    assert [each.name for each in config.parent.iterdir()] == [config.name]
    assert done.returncode == (3 if breaks == "1" else 0)


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

    assert words[asked_language(None, environment) or "en"] in done.stderr


_LOOKING = {
    *("calendar", "certs", "check", "drivers", "page", "remind", "sign-test", "snapshot", "watch")
}
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

    assert stage.calls().startswith("sudo -n /usr/sbin/pcscd\n")


@pytest.mark.parametrize(
    ("known", "there", "command"),
    [
        ("--disable-polkit", "", "/usr/sbin/pcscd --disable-polkit"),
        ("--debug", "", "/usr/sbin/pcscd"),
        ("--disable-polkit", "run/dbus/system_bus_socket", "/usr/sbin/pcscd"),
        ("--disable-polkit", "run/systemd/system/a", "systemctl start pcscd.socket"),
    ],
)
def test_service_is_started_without_polkit_where_no_bus_could_reach_it(
    stage: Stage, known: str, there: str, command: str
) -> None:
    """Such a service would refuse everybody; where polkit can answer, it goes on deciding."""
    stage.run()
    stage.calls()
    service = stage.lay("usr/sbin/pcscd")
    service.write_text(f"#!/bin/sh\necho '  {known}  and what it does'\n")
    service.chmod(0o755)
    if there:
        stage.lay(there)
    (stage.home / ".venv/bin/python").write_text("#!/bin/sh\nexit 1\n")
    (stage.path / "id").unlink()
    stage.put("id", "#!/bin/sh\necho 1000\n")

    stage.run(env={"PCSCLITE_CSOCK_NAME": ""})

    assert stage.calls().startswith(f"sudo -n {command}\n")


def test_test_parts_are_installed_after_a_plain_set_up(stage: Stage) -> None:
    stage.run()
    stage.calls()
    stage.put_test_programs()

    broken = stage.run("test", env={"BREAKS": "1"})
    stage.calls()
    stage.run("test", "-k", "name")
    calls = stage.calls()
    stage.run()
    stage.run("fleet", "audit")

    assert broken.returncode == 3
    assert re.search(rf"npm install --prefix {stage.home}/.venvs/[12]/npm --no-save", calls)
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
    assert "(fleet)" in first.stderr
    assert f"-e {stage.home}[fleet]\n" in calls
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
    service = stage.lay("usr/sbin/pcscd")
    service.unlink()
    service.symlink_to("/usr/sbin/pcscd")
    for name in ("mount", "sleep", "unshare"):
        (stage.path / name).symlink_to(str(shutil.which(name)))

    enclosed = ["unshare", "--mount", "--pid", "--fork", "--kill-child"]
    if sys.platform != "win32" and os.geteuid() != 0:
        enclosed.append("--map-root-user")

    done = stage.run(env={"PCSCLITE_CSOCK_NAME": ""}, before=(*enclosed, "sh", "-c", _SERVICE_LIFE))

    first, second, third = done.stderr.split("then\n")
    command = " ".join(["/usr/sbin/pcscd", *without_polkit("/usr/sbin/pcscd")])
    assert first.endswith(f"(this needs root): {command}\n")
    assert second == ""
    assert third.endswith(f"(this needs root): {command}\n")
    assert done.stdout == "<first><second><third>"
