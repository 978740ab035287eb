# SPDX-License-Identifier: Apache-2.0
"""Packs a folder as an MSI file, with wixl and msibuild of Debian's msitools.

Identifiers come from paths, versions and contents, never from chance: so an upgrade knows a file
again, and two builds of the same folder are the same file.
"""

import hashlib
import re
import subprocess
import tempfile
import uuid
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import NamedTuple
from xml.etree import ElementTree as ET

from packages.windows.fixed import settled
from packages.windows.icon import icon


class Task(NamedTuple):
    """A scheduled task that is made if it is asked for: on the command line, or by a policy."""

    name: str
    """In no folder of the Task Scheduler, as schtasks could not remove the folder."""
    feature: str
    """The part of the package, and the name of the registry's value that asks for it."""

    @property
    def file(self) -> str:
        """Return the file that describes it."""
        return f"{self.name}.xml"

    @property
    def asks(self) -> str:
        """Return the property of Windows Installer that asks for it."""
        return self.feature.upper()


TASKS = (Task("cardtool-fleet-send", "FleetSend"), Task("cardtool-remind", "Remind"))

_OURS = uuid.UUID("6f0c3c52-3e0b-4b0a-9a43-5b7d1e0a8c21")
"""The namespace of all identifiers, and the code of all versions (`UpgradeCode`)."""
UPGRADE_CODE = f"{{{str(_OURS).upper()}}}"
_RECIPE = Path(__file__).with_name("cardtool.wxs")
_VERSION = re.compile(r"(?:(?:\d|[1-9]\d|1\d\d|2[0-4]\d|25[0-5])\.){2}\d{1,4}")
"""What Windows Installer compares. Source: Microsoft, ProductVersion property."""

_DEFERRED = 0x400 | 0x800
"""A custom action as part of the installation, by the system's account."""
_ROLLBACK = 0x100
_GOES_ON = 0x40
"""Its failure stops nothing."""
_PROGRAM = 34
"""A command line, begun in a folder. Source: Microsoft, Custom Action Type 34."""

_MIGRATES, _INCLUSIVE = 0x001, 0x200
"""Features that are chosen stay; the highest version counts. Source: Microsoft, Upgrade table."""

_HKLM = 2

_SOURCE = r"SYSTEM\CurrentControlSet\Services\EventLog\Application\cardtool"
_OF_SOURCE = {
    "EventMessageFile": r"#%%SystemRoot%\System32\EventCreate.exe",
    "TypesSupported": "#7",
}
"""Where the texts of events are: that file has "%1" for each number from 1 to 1000. It begins with
#% because its variable is to be replaced, which wixl does not write. Source: Microsoft, Registry
table."""

_ASKED_FOR = '{0} = 1 OR {0} = "#1"'
"""By the command line, by the policy, or for an earlier version: a DWORD is marked with #."""


def pack(folder: Path, version: str, moment: datetime, msi: Path) -> None:
    """Write an MSI file that installs what is in a folder.

    Raises:
        ValueError: Windows Installer could not compare this version with others.
        RuntimeError: wixl or msibuild refused; the message is its own.
    """
    check_version(version)
    with tempfile.TemporaryDirectory() as name:
        work = Path(name)
        (work / "tree").symlink_to(folder)  # wixl of Debian 12 finds no absolute path
        (work / "cardtool.ico").write_bytes(icon())
        (work / "files.wxs").write_bytes(listing(folder))
        codes = {"Version": version, "ProductCode": product_code(version)}
        codes |= {task.feature: _name("component", task.file) for task in TASKS}
        words = [word for key, value in codes.items() for word in ("-D", f"{key}={value}")]
        run(work, "wixl", "-a", "x64", *words, "-o", "out.msi", str(_RECIPE), "files.wxs")
        for table, text in _TABLES.items():
            (work / f"{table}.idt").write_text(text)
        package = code(f"package {_digest(folder, version)}")
        run(
            work,
            *("msibuild", "out.msi"),
            *(word for table in _TABLES for word in ("-i", f"{table}.idt")),
            *(word for query in _rows(version) for word in ("-q", query)),
            *("-s", "cardtool", "cardtool", "x64;0", f"{{{package}}}"),
        )
        msi.write_bytes(settled((work / "out.msi").read_bytes(), moment))


def check_version(version: str) -> None:
    """Refuse a version that Windows Installer cannot compare with others.

    Raises:
        ValueError: it has not three numbers, of which the first two are below 256.
    """
    if not _VERSION.fullmatch(version):
        text = f"Windows Installer compares versions of three numbers: {version}"
        raise ValueError(text)


def product_code(version: str) -> str:
    """Return the code under which Windows lists this version of the program."""
    return code(f"product {version}")


def listing(folder: Path) -> bytes:
    """Return the files of a folder for wixl, each a component of its own, in the order of names."""
    wix = ET.Element("Wix", xmlns="http://schemas.microsoft.com/wix/2006/wi")
    names, of_tasks = [], {task.file for task in TASKS}
    for place in sorted(path for path in (folder, *folder.rglob("*")) if path.is_dir()):
        here = place.relative_to(folder)
        fragment = ET.SubElement(wix, "Fragment")
        where = ET.SubElement(fragment, "DirectoryRef", Id=_directory(here))
        for path in sorted(place.iterdir()):
            inside = (here / path.name).as_posix()
            if path.is_dir():
                ET.SubElement(where, "Directory", Id=_directory(here / path.name), Name=path.name)
                continue
            component = ET.SubElement(
                where,
                "Component",
                Id=_name("component", inside),
                Guid=code(f"file {inside}"),
                Win64="yes",
            )
            source = f"tree/{inside}"
            ET.SubElement(component, "File", Id=_name("file", inside), KeyPath="yes", Source=source)
            if inside not in of_tasks:
                names.append(component.attrib["Id"])
    group = ET.SubElement(ET.SubElement(wix, "Fragment"), "ComponentGroup", Id="Files")
    for name in names:
        ET.SubElement(group, "ComponentRef", Id=name)
    return ET.tostring(wix, encoding="unicode").encode()


def _directory(path: Path) -> str:
    return _name("folder", path.as_posix()) if path.parts else "InstallDir"


def _name(kind: str, path: str) -> str:
    return f"{kind[0].upper()}{code(f'{kind} {path}').replace('-', '')}"


def code(text: str) -> str:
    """Return the identifier of what has this name."""
    return str(uuid.uuid5(_OURS, text)).upper()


def _digest(folder: Path, version: str) -> str:
    """Return a checksum of all that is packed, and of what packs it."""
    digest = hashlib.sha256(f"{version} {_TABLES} {list(_rows(version))}".encode())
    digest.update(_RECIPE.read_bytes())
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        content = hashlib.sha256(path.read_bytes()).hexdigest()
        digest.update(f"{path.relative_to(folder).as_posix()} {content}\n".encode())
    return digest.hexdigest()


_TABLES: Mapping[str, str] = {
    # PATH of the system: ours at its end (;[InstallDir]), set at the installation (=) and taken
    # out at the removal (-). Source: Microsoft, Environment table.
    "Environment": "Environment\tName\tValue\tComponent_\n"
    "s72\tl255\tL255\ts72\n"
    "Environment\tEnvironment\n"
    "Path\t=-*PATH\t[~];[InstallDir]\tMenu\n",
    "Condition": "Feature_\tLevel\tCondition\n"
    "s38\ti2\tS255\n"
    "Condition\tFeature_\tLevel\n"
    + "".join(f"{task.feature}\t1\t{_ASKED_FOR.format(task.asks)}\n" for task in TASKS),
}
"""Tables that wixl of Debian 12 does not make, as msibuild reads them."""


def _rows(version: str) -> Iterator[str]:
    """Yield the queries that put more rows into the tables of wixl."""
    for name, value in _OF_SOURCE.items():
        yield row(
            "Registry",
            Registry=name,
            Root=_HKLM,
            Key=_SOURCE,
            Name=name,
            Value=value,
            Component_="Menu",
        )
    # Of the same version too: a package with other settings has another product code.
    yield "DELETE FROM `Upgrade` WHERE `ActionProperty` = 'WIX_UPGRADE_DETECTED'"
    yield row(
        "Upgrade",
        UpgradeCode=UPGRADE_CODE,
        VersionMax=version,
        Attributes=_MIGRATES | _INCLUSIVE,
        ActionProperty="WIX_UPGRADE_DETECTED",
    )
    asked = ";".join(task.asks for task in TASKS)
    yield (
        "UPDATE `Property` SET `Value` ="  # noqa: S608 - our own names
        f" 'WIX_DOWNGRADE_DETECTED;WIX_UPGRADE_DETECTED;{asked}'"
        " WHERE `Property` = 'SecureCustomProperties'"
    )
    for place, task in enumerate(TASKS):
        yield from _rows_of(task, place)
    yield _step("AppSearch", 50)
    yield _step("RemoveEnvironmentStrings", 3300)
    yield _step("WriteEnvironmentStrings", 5200)


def _rows_of(task: Task, place: int) -> Iterator[str]:
    """Yield the rows that look whether a task is asked for, remember it, make and remove it."""
    feature = task.feature
    for name, key in (("Policy", r"SOFTWARE\Policies\cardtool"), ("Chosen", r"SOFTWARE\cardtool")):
        yield row("AppSearch", Property=task.asks, Signature_=f"{feature}{name}")
        yield row(
            "RegLocator",
            Signature_=f"{feature}{name}",
            Root=_HKLM,
            Key=key,
            Name=feature,
            Type=2 | 16,  # the value as it is, of the 64-bit half
        )
    yield row(  # remembered for the next version, which removes this one before it installs itself
        "Registry",
        Registry=feature,
        Root=_HKLM,
        Key=r"SOFTWARE\cardtool",
        Name=feature,
        Value="#1",
        Component_=_name("component", task.file),
    )
    schtasks = '"[System64Folder]schtasks.exe"'
    make = f'{schtasks} /Create /F /TN "{task.name}" /XML "[#{_name("file", task.file)}]"'
    remove = f'{schtasks} /Delete /F /TN "{task.name}"'
    is_made, is_removed = f"&{feature} = 3", f"!{feature} = 3 AND &{feature} = 2"
    actions = (
        ("Remove", _GOES_ON, remove, is_removed, 3450),
        ("Undo", _GOES_ON | _ROLLBACK, remove, is_made, 4910),
        ("Make", 0, make, is_made, 4920),
    )
    for what, how, command, condition, sequence in actions:
        name, kind = f"{what}{feature}", _PROGRAM | _DEFERRED | how
        yield row("CustomAction", Action=name, Type=kind, Source="System64Folder", Target=command)
        yield _step(name, sequence + place, condition)


def _step(action: str, sequence: int, condition: str = "") -> str:
    return row("InstallExecuteSequence", Action=action, Condition=condition, Sequence=sequence)


def row(table: str, **values: str | int) -> str:
    """Return the query that inserts a row; libmsi knows no quote within a text."""
    names = ", ".join(f"`{name}`" for name in values)
    texts = (value if isinstance(value, int) else f"'{value}'" for value in values.values())
    return f"INSERT INTO `{table}` ({names}) VALUES ({', '.join(map(str, texts))})"  # noqa: S608


def run(folder: Path, *command: str) -> str:
    """Run a tool in a folder; return what it wrote.

    Raises:
        RuntimeError: it refused; the message is its own.
    """
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(done.stderr)
    return done.stdout
