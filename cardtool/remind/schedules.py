# SPDX-License-Identifier: Apache-2.0
"""Writes what has a system run `cardtool remind --run` after each logon and every morning."""

import plistlib
import subprocess
from collections.abc import Sequence
from xml.etree import ElementTree as ET

NAME = "cardtool-remind"
"""Of the units of systemd and of the scheduled task."""
LABEL = "cardtool.remind"
"""Of the LaunchAgent."""
RUN = ("remind", "--run")

_TASK = "http://schemas.microsoft.com/windows/2004/02/mit/task"
_EVERYBODY = "S-1-5-32-545"
"""BUILTIN\\Users. A group's task runs in the session of a member who is logged on.
Source: [MS-TSCH] 2.3.11, TASK_LOGON_GROUP."""

_NOT_FIRST = "\"'\\$"
"""What systemd refuses in the name of a program, or takes for what it is not, however quoted.
Source: systemd, src/core/load-fragment.c, config_parse_exec; string_is_safe."""


def service(program: Sequence[str]) -> str:
    """Return the service of the user's systemd. Source: systemd.service(5).

    Raises:
        ValueError: no unit can hold the program's name.
    """
    if any(letter in _NOT_FIRST for letter in program[0]):
        program = ("/bin/sh", "-c", 'exec "$0" "$@"', *program)
    words = " ".join(map(_quoted, (*program, *RUN)))
    return f"""\
# For the user manager: {NAME}.service
[Unit]
Description=Remind of the end of the e-signature certificate
# Greeters and services have user managers too, and no desk.
ConditionUser=!@system

[Service]
# It waits for a click on the notice and then shows the page.
Type=exec
ExecStart={words}
# A browser that the page has opened stays when the page has ended.
KillMode=process
Nice=10
"""


def timer() -> str:
    """Return the timer of that service. Source: systemd.timer(5)."""
    return f"""\
# For the user manager: {NAME}.timer
[Unit]
Description=Remind of the end of the e-signature certificate, after the logon and every morning

[Timer]
# After the logon, when the desktop can show notices.
OnStartupSec=3min
OnCalendar=*-*-* 09:30

[Install]
WantedBy=timers.target
"""


def _quoted(word: str) -> str:
    """Return a word as an argument of ExecStart. Source: systemd.syntax(7), systemd.service(5)."""
    if word.replace("-", "").replace("/", "").replace(".", "").replace("_", "").isalnum():
        return word
    if not word.isprintable():
        raise ValueError(repr(word))
    for letter, written in (("\\", "\\\\"), ('"', '\\"'), ("%", "%%"), ("$", "$$")):
        word = word.replace(letter, written)
    return f'"{word}"'


def task(program: Sequence[str], user: str | None = None) -> str:
    """Return the scheduled task of a user, or of all users, without an XML declaration.

    Source: Microsoft, Task Scheduler Schema.
    """
    root = ET.Element("Task", version="1.2", xmlns=_TASK)
    about = ET.SubElement(root, "RegistrationInfo")
    _add(about, Author="cardtool", Description="Reminds of the end of the certificate.")
    triggers = ET.SubElement(root, "Triggers")
    logon = ET.SubElement(triggers, "LogonTrigger")
    _add(logon, Enabled="true", **({"UserId": user} if user else {}), Delay="PT3M")
    daily = ET.SubElement(triggers, "CalendarTrigger")
    _add(daily, StartBoundary="2026-01-01T09:30:00", Enabled="true")
    _add(ET.SubElement(daily, "ScheduleByDay"), DaysInterval="1")
    principal = ET.SubElement(ET.SubElement(root, "Principals"), "Principal", id="Users")
    whose = {"UserId": user, "LogonType": "InteractiveToken"} if user else {"GroupId": _EVERYBODY}
    _add(principal, **whose, RunLevel="LeastPrivilege")
    _add(
        ET.SubElement(root, "Settings"),
        MultipleInstancesPolicy="IgnoreNew",
        DisallowStartIfOnBatteries="false",
        StopIfGoingOnBatteries="false",
        StartWhenAvailable="true",
        Enabled="true",
        Hidden="true",
        ExecutionTimeLimit="PT12H",
        Priority="7",
    )
    done = ET.SubElement(ET.SubElement(root, "Actions", Context="Users"), "Exec")
    words = subprocess.list2cmdline([*program[1:], *RUN])
    _add(done, Command=program[0], Arguments=words)
    ET.indent(root)
    return ET.tostring(root, encoding="unicode") + "\n"


def _add(parent: ET.Element, **texts: str) -> None:
    for name, text in texts.items():
        ET.SubElement(parent, name).text = text


def agent(program: Sequence[str]) -> str:
    """Return the LaunchAgent of a user, or of all in /Library. Source: launchd.plist(5)."""
    agent = {
        "Label": LABEL,
        "ProgramArguments": [*program, *RUN],
        "LimitLoadToSessionType": "Aqua",
        "RunAtLoad": True,
        "StartCalendarInterval": {"Hour": 9, "Minute": 30},
        "ProcessType": "Background",
    }
    return plistlib.dumps(agent, sort_keys=False).decode()
