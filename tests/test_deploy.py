# SPDX-License-Identifier: Apache-2.0
"""What IT rolls out can be read by what reads it, and every command in it exists."""

import configparser
import hashlib
import json
import plistlib
import re
import shlex
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import click
import pytest
import yaml

from cardtool.cli import main
from cardtool.cli.later import LaterCommand
from cardtool.config import load
from cardtool.model.refused import Refused

DEPLOY = Path(__file__).parent.parent / "docs" / "deploy"
ROLE = DEPLOY / "ansible" / "roles" / "cardtool"
_KEY = hashlib.sha256(b"a key of these tests").hexdigest()
TASK = "{http://schemas.microsoft.com/windows/2004/02/mit/task}"


def _unit(name: str) -> configparser.ConfigParser:
    """Read a unit of systemd; none here names a key twice. Source: systemd.syntax(7)."""
    unit = configparser.ConfigParser(interpolation=None, delimiters="=")
    unit.read_string((DEPLOY / "systemd" / name).read_text())
    return unit


def _entry() -> configparser.SectionProxy:
    """Read the entry of a menu. Source: Desktop Entry Specification 1.5."""
    entry = configparser.ConfigParser(interpolation=None, delimiters="=")
    entry.read_string((DEPLOY / "desktop" / "cardtool.desktop").read_text("utf-8"))
    return entry["Desktop Entry"]


def _task() -> ET.Element:
    text = (DEPLOY / "windows" / "cardtool-fleet-send.xml").read_text()
    return ET.fromstring(text)  # noqa: S314 - our own file


def _agent() -> dict[str, Any]:
    return _agent_of("tr.example.cardtool.fleet-send")


def _agent_of(label: str) -> dict[str, Any]:
    agent: dict[str, Any] = plistlib.loads((DEPLOY / "macos" / f"{label}.plist").read_bytes())
    assert label == agent["Label"]
    return agent


def _commands() -> list[list[str]]:
    """Return the arguments of every cardtool in the files, without the program's name."""
    started = shlex.split(_unit("cardtool-fleet-send.service")["Service"]["ExecStart"])
    arguments = _task().findtext(f".//{TASK}Arguments", "").split()
    role = (ROLE / "templates" / "cardtool-fleet-send.service.j2").read_text()
    told = re.findall(r"\{\{ cardtool_program \}\} (.*)", role)
    assert len(told) == 1
    menu = shlex.split(_entry()["Exec"])
    reminds = ET.fromstring((DEPLOY / "windows" / "cardtool-remind.xml").read_text())  # noqa: S314
    return [
        menu[1:],
        started[1:],
        shlex.split(_unit("cardtool-remind.service")["Service"]["ExecStart"])[1:],
        reminds.findtext(f".//{TASK}Arguments", "").split(),
        _agent_of("cardtool.remind")["ProgramArguments"][1:],
        arguments,
        _agent()["ProgramArguments"][1:],
        *map(shlex.split, told),
    ]


@pytest.mark.parametrize("arguments", _commands(), ids=" ".join)
def test_every_command_in_the_files_exists(arguments: list[str]) -> None:
    context = click.Context(main, resilient_parsing=False)
    command: click.Command = main
    while isinstance(command, click.Group) and arguments:
        name, command_found, arguments = command.resolve_command(context, arguments)
        assert command_found is not None, name
        context, command = click.Context(command_found, parent=context), command_found

    if isinstance(command, LaterCommand):
        command = command.load()
    command.make_parser(context).parse_args(arguments)


def test_the_service_runs_in_the_users_own_session_and_ends() -> None:
    service = _unit("cardtool-fleet-send.service")["Service"]

    assert service["Type"] == "oneshot"
    assert service["SuccessExitStatus"] == "1"
    assert "user" not in service
    assert "umask" not in service
    assert _unit("cardtool-fleet-send.service")["Unit"]["ConditionUser"] == "!@system"


def test_the_timer_spreads_the_workstations_and_makes_up_for_a_desk_that_was_off() -> None:
    timer = _unit("cardtool-fleet-send.timer")

    assert timer["Timer"]["Persistent"] == "yes"
    assert timer["Timer"]["RandomizedDelaySec"] == "3h"
    assert timer["Install"]["WantedBy"] == "timers.target"


def test_the_task_runs_only_when_a_user_is_logged_on() -> None:
    (principal,) = _task().iter(f"{TASK}Principal")

    assert {each.tag: each.text for each in principal} == {
        f"{TASK}GroupId": "S-1-5-32-545",
        f"{TASK}RunLevel": "LeastPrivilege",
    }
    assert _task().find(f".//{TASK}Actions[@Context='Users']") is not None
    assert _task().findtext(f".//{TASK}RandomDelay") == "PT3H"
    assert _task().findtext(f".//{TASK}StartWhenAvailable") == "true"


def test_the_agent_runs_in_a_session_with_a_screen() -> None:
    assert _agent()["LimitLoadToSessionType"] == "Aqua"
    assert _agent()["RunAtLoad"] is True


def test_the_example_of_a_configuration_is_one(tmp_path: Path) -> None:
    lines = (DEPLOY / "config.toml").read_text().splitlines()
    everything = [re.sub(r"^# (?=[a-z_]+ = )", "", each) for each in lines]
    doubled = [each for each in everything if not each.startswith('to = "/')]

    file = tmp_path / "config.toml"
    file.write_text("\n".join(lines), encoding="utf-8")
    with pytest.raises(Refused, match="openssl rand"):  # nobody's key is the example's
        load({"CARDTOOL_CONFIG": str(file)})
    for some in (lines, doubled):
        text = "\n".join(some).replace("DRAW-YOUR-OWN", _KEY)
        file.write_text(text, encoding="utf-8")
        fleet = load({"CARDTOOL_CONFIG": str(file)}).fleet
        assert fleet.identity == "hashed"
    assert (fleet.spool_limit, fleet.host_id) == (1000, "asset-004711")
    assert fleet.to == "https://cards.example.org/incoming"


@pytest.mark.parametrize("file", sorted(DEPLOY.rglob("*.yml")), ids=lambda file: file.name)
def test_what_ansible_reads_is_yaml(file: Path) -> None:
    assert yaml.safe_load(file.read_text())


def test_the_role_sets_every_variable_it_uses_and_copies_what_is_there() -> None:
    defaults = yaml.safe_load((ROLE / "defaults" / "main.yml").read_text())
    tasks = yaml.safe_load((ROLE / "tasks" / "main.yml").read_text())
    template = (ROLE / "templates" / "config.toml.j2").read_text()

    service = (ROLE / "templates" / "cardtool-fleet-send.service.j2").read_text()
    used = set(re.findall(r"\bcardtool_[a-z_]+", template + service + str(tasks)))
    assert used == set(defaults)
    copied = [
        each["ansible.builtin.copy"]["src"] for each in tasks if "ansible.builtin.copy" in each
    ]
    assert copied == ["{{ role_path }}/../../../systemd/cardtool-fleet-send.timer"]
    written = [each.get("ansible.builtin.template", {}).get("src") for each in tasks]
    assert all((ROLE / "templates" / each).is_file() for each in written if each)
    assert all("name" in each for each in tasks)
    program = service.replace("{{ cardtool_program }}", defaults["cardtool_program"])
    assert program == (DEPLOY / "systemd" / "cardtool-fleet-send.service").read_text()


def _written(values: dict[str, str]) -> str:
    """Fill in the role's configuration as Ansible does; `to_json` is that of Python there."""
    text = (ROLE / "templates" / "config.toml.j2").read_text()
    blocks = re.compile(r"\{% if ([a-z_]+) %\}\n(.*?)\{% endif %\}\n", re.DOTALL)
    text = blocks.sub(lambda found: found[2] if values[found[1]] else "", text)
    filled = re.compile(r"\{\{ ([a-z_]+) \| to_json\(ensure_ascii=False\) \}\}")
    text = filled.sub(lambda found: json.dumps(values[found[1]], ensure_ascii=False), text)
    assert "{" not in text
    return text


@pytest.mark.parametrize("unit", ["Destek", 'A "B" Şubesi \\ 2\nkat', "", "a\tb 😀"])
def test_what_the_role_writes_is_a_configuration(tmp_path: Path, unit: str) -> None:
    values = {
        "cardtool_to": "https://cards.example.org/incoming",
        "cardtool_identity": "hashed",
        "cardtool_identity_key": _KEY,
        "cardtool_unit": unit,
        "cardtool_host_id": "asset-1",
        "cardtool_ca_file": "/etc/ssl/certs/institution.pem",
        "cardtool_token_file": "~/.config/cardtool/token",
        "cardtool_proxy": "http://proxy.example.org:8080",
    }
    file = tmp_path / "config.toml"
    file.write_text(_written(values), encoding="utf-8")

    config = load({"CARDTOOL_CONFIG": str(file)})

    assert config.identity.key == values["cardtool_identity_key"]
    fleet = config.fleet
    for name in ("to", "identity", "unit", "host_id", "ca_file", "token_file", "proxy"):
        assert getattr(fleet, name) == values[f"cardtool_{name}"]
    file.write_text(_written(dict.fromkeys(values, "") | {"cardtool_identity": "full"}))
    assert load({"CARDTOOL_CONFIG": str(file)}).fleet.host_id is None
