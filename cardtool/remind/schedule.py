# SPDX-License-Identifier: Apache-2.0
"""Has the system remind this user, or no longer: by systemd, the Task Scheduler or launchd.

Nobody has run the parts for Windows and macOS there.
"""

import os
import subprocess
import sys
import tempfile
from contextlib import suppress
from pathlib import Path

from cardtool import files, places
from cardtool.remind import schedules

_LIMIT_S = 60.0


class NotScheduledError(Exception):
    """The system did not do it; the message says why."""


def install() -> None:
    """Remind this user after each logon and every morning.

    Raises:
        NotScheduledError: the system refused; nothing is left of it.
    """
    try:
        if sys.platform == "win32":
            _install_task()
        elif sys.platform == "darwin":
            _install_agent()
        else:
            _install_units()
    except (OSError, ValueError, subprocess.SubprocessError) as error:
        with suppress(NotScheduledError):
            remove()
        raise NotScheduledError(_reason(error)) from error


def remove() -> None:
    """Remind this user no longer; if nothing was installed for this user, do nothing.

    Raises:
        NotScheduledError: a file could not be removed.
    """
    steps: list[list[str]]
    written: list[Path]
    if sys.platform == "win32":
        steps, written = [[_schtasks(), "/Delete", "/F", "/TN", _task_name()]], []
    elif sys.platform == "darwin":
        written = [_agents() / f"{schedules.LABEL}.plist"]
        steps = [["/bin/launchctl", "bootout", f"gui/{os.getuid()}/{schedules.LABEL}"]]
    else:
        written = [_units() / f"{schedules.NAME}.{kind}" for kind in ("timer", "service")]
        timer = f"{schedules.NAME}.timer"
        steps = [["systemctl", "--user", verb, timer] for verb in ("stop", "disable")]
    try:
        if written and not any(file.exists() for file in written):
            return
        for step in steps:  # what is not there, or does not run, cannot be stopped
            with suppress(OSError, subprocess.SubprocessError):
                _run(*step)
        for file in written:
            file.unlink(missing_ok=True)
    except OSError as error:
        raise NotScheduledError(_reason(error)) from error


def is_for_all() -> bool:
    """Tell whether IT has all users of this computer reminded.

    Source: systemd.unit(5), the path of user units; launchd.plist(5).
    """
    if sys.platform == "win32":
        with suppress(OSError, subprocess.SubprocessError):
            _run(_schtasks(), "/Query", "/TN", schedules.NAME)
            return True
        return False
    if sys.platform == "darwin":
        return Path(f"/Library/LaunchAgents/{schedules.LABEL}.plist").exists()
    given = (os.environ.get("XDG_CONFIG_DIRS") or "/etc/xdg").split(os.pathsep)
    folders = (*given, "/etc", "/usr/local/lib", "/usr/lib")
    return any(
        Path(each, "systemd", "user", f"{schedules.NAME}.timer").exists() for each in folders
    )


def program() -> tuple[str, ...]:
    """Return the command that is this program, whatever installed it."""
    python = Path(sys.executable)
    if sys.platform == "win32":
        executable = python.parent.parent / "cardtoolw.exe"
        if executable.is_file():
            return (str(executable),)
        return (str(python.with_name("pythonw.exe")), "-P", "-m", "cardtool")
    run = os.environ.get("CARDTOOL_COMMAND", "")
    if run and Path(run).is_file():  # ./run, which may make its environment anew
        return (str(Path(run).absolute()),)
    return (str(python), "-P", "-m", "cardtool")


def _install_units() -> None:
    folder, name = _units(), schedules.NAME
    folder.mkdir(parents=True, exist_ok=True)
    units = {"service": schedules.service(program()), "timer": schedules.timer()}
    for kind, text in units.items():
        files.write(folder / f"{name}.{kind}", text.encode(), private=False)
    _run("systemctl", "--user", "enable", f"{name}.timer")
    with suppress(subprocess.SubprocessError):  # without a session it begins at the next logon
        _run("systemctl", "--user", "daemon-reload")
        _run("systemctl", "--user", "restart", f"{name}.timer")


def _units() -> Path:
    """Return the folder of the user's own units. Source: systemd.unit(5)."""
    return Path(places.folder("user_config")).with_name("systemd") / "user"


def _install_task() -> None:
    user = rf"{os.environ.get('USERDOMAIN', '.')}\{os.environ.get('USERNAME', '')}"
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "task.xml"
        file.write_text(schedules.task(program(), user), encoding="utf-16")
        _run(_schtasks(), "/Create", "/F", "/TN", _task_name(), "/XML", str(file))


def _task_name() -> str:
    """Return a name of the user's own: the folder of tasks is everybody's."""
    return f"{schedules.NAME}-{os.environ.get('USERNAME', '')}"


def _schtasks() -> str:
    return rf"{os.environ.get('SYSTEMROOT', 'C:/Windows')}\System32\schtasks.exe"


def _install_agent() -> None:
    file = _agents() / f"{schedules.LABEL}.plist"
    file.parent.mkdir(parents=True, exist_ok=True)
    files.write(file, schedules.agent(program()).encode(), private=False)
    if sys.platform == "darwin":
        with suppress(subprocess.SubprocessError):  # an earlier one
            _run("/bin/launchctl", "bootout", f"gui/{os.getuid()}/{schedules.LABEL}")
        _run("/bin/launchctl", "bootstrap", f"gui/{os.getuid()}", str(file))


def _agents() -> Path:
    return Path.home() / "Library" / "LaunchAgents"


def _run(*command: str) -> None:
    """Run a program of the system.

    Raises:
        OSError: it is not there.
        subprocess.SubprocessError: it refused, or gave no answer in time.
    """
    subprocess.run(  # noqa: S603 - a program of the system
        command, stdin=subprocess.DEVNULL, capture_output=True, timeout=_LIMIT_S, check=True
    )


def _reason(error: Exception) -> str:
    printed = getattr(error, "stderr", None)
    return (printed or b"").decode(errors="replace").strip() or str(error)
