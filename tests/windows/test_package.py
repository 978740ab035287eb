# SPDX-License-Identifier: Apache-2.0
"""The package for Windows: built twice alike, installed, used, renewed and removed under Wine."""

import hashlib
import re
import shutil
import subprocess
import time
import zipfile
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from cardtool import __version__
from packages.windows import build, tree
from packages.windows.build import LIMIT_BYTES, Built
from packages.windows.msi import TASKS
from tests.real.desks import AT, CASES, akis, nes
from tests.rig.pcsc import PcscService
from tests.windows import library, traces
from tests.windows.both import on_linux, on_windows
from tests.windows.cache import CACHE, drive
from tests.windows.computer import FOLDER, PROGRAM, WITHOUT_CONSOLE, Computer
from tests.windows.running import PATIENCE_S, PATIENT, Wine

_NEWER = "0.2.0"
_REFUSED = 1603 & 0xFF
"""Windows Installer's "fatal error", as much of it as Linux has of an exit status."""
_ENVIRONMENT = "HKLM\\System\\CurrentControlSet\\Control\\Session Manager\\Environment"
_UNINSTALL = "HKLM\\Software\\Microsoft\\Windows\\CurrentVersion\\Uninstall"
_SOURCE = r"[System\\ControlSet001\\Services\\Eventlog\\Application\\cardtool]"
_EVENT_SOURCE = {
    rf'{_SOURCE} "EventMessageFile"=str(2):"%SystemRoot%\\System32\\EventCreate.exe"',
    f'{_SOURCE} "TypesSupported"=dword:00000007',
}
"""Where the event log finds the texts of events, as Wine's file of the registry has it."""
_REMINDER = ("remind", "--run", "--at", AT.isoformat(), *PATIENT)
"""What the task for reminders starts, on a day on which one is due."""
_SETTINGS = """
[fleet]
to = 'C:\\collected'
identity = "masked"
"""


@pytest.fixture(name="newer", scope="module")
def _newer(built: Built) -> Built:
    """Make a later version: the same cardtool, started by programs of another number."""
    work = CACHE / "built" / "newer"
    shutil.rmtree(work, ignore_errors=True)
    shutil.copytree(built.folder, work / "tree")
    tree.build_launchers(work / "tree", _NEWER)
    return build.pack(work / "tree", _NEWER, work)


@pytest.fixture(name="computer")
def _computer() -> Iterator[Computer]:
    with Computer("computer") as computer:
        yield computer


@pytest.fixture(name="installed", scope="module")
def _installed(built: Built) -> Iterator[Computer]:
    """Give a computer on which the package was installed silently, without any option."""
    with Computer("installed") as computer:
        assert computer.msiexec("/i", built.msi).returncode == 0
        yield computer


def test_two_builds_are_the_same_files(built: Built) -> None:
    work = CACHE / "built" / "second"
    again = build.build(work, work)

    for one, other in ((built.msi, again.msi), (built.archive, again.archive)):
        assert _sha256(one) == _sha256(other)
    assert built.msi.stat().st_size <= LIMIT_BYTES


@pytest.mark.parametrize("name", ["valid", "pin-locked", "driver-hangs"])
def test_the_installed_program_says_what_linux_says(
    name: str, installed: Computer, tmp_path: Path
) -> None:
    case = CASES[name]
    expected = {(case.verdict, case.exit_status)}
    here = on_linux(case.build, tmp_path / "linux", expected=expected)
    there = on_windows(case.build, tmp_path / "windows", installed.wine, expected=expected)
    assert (there.report.verdict, there.status) == (here.report.verdict, here.status)
    assert there.troubles == here.troubles


def test_an_installation_is_renewed_and_keeps_what_is_the_sites(
    built: Built, newer: Built, computer: Computer
) -> None:
    settings = computer.drive_c / "ProgramData" / "cardtool" / "config.toml"
    settings.parent.mkdir(parents=True, exist_ok=True)
    settings.write_text(_SETTINGS)
    (computer.drive_c / "collected").mkdir()

    computer.msiexec("/i", built.msi, "FLEETSEND=1", "REMIND=1")
    assert versions(computer) == [__version__]
    assert f"{FOLDER}\\" in computer.registry(_ENVIRONMENT, "/v", "PATH")
    assert all(computer.has_task(task.name) for task in TASKS)
    first = _sent(computer)

    assert computer.msiexec("/i", newer.msi).returncode == 0
    assert versions(computer) == [_NEWER]
    assert all(computer.has_task(task.name) for task in TASKS)
    assert settings.read_text() == _SETTINGS
    assert _sent(computer) == first  # the name that the computer has in the fleet

    assert computer.msiexec("/i", built.msi).returncode == _REFUSED
    assert versions(computer) == [_NEWER]


def test_the_start_menu_has_an_entry_that_opens_the_page(installed: Computer) -> None:
    (entry,) = installed.drive_c.rglob("cardtool.lnk")
    assert "Start Menu" in entry.parts
    words = entry.read_bytes().replace(b"\0", b"")  # in one or two bytes each
    assert b"cardtoolw.exe" in words
    assert b"page" in words


@pytest.mark.parametrize("words", [("page",), _REMINDER], ids=["the entry", "a due reminder"])
def test_the_page_that_follows_the_card_is_opened(
    words: tuple[str, ...], installed: Computer
) -> None:
    installed.run("reg", "delete", r"HKCR\http\shell\open", "/f")
    command = r"cmd /c echo %1>C:\opening&move C:\opening C:\opened"
    key = r"HKCR\http\shell\open\command"
    installed.run("reg", "add", key, "/ve", "/d", command, "/f")
    opened = installed.drive_c / "opened"
    opened.unlink(missing_ok=True)
    installed.wine.install(("akisp11.dll", library.STAND_IN[64]))
    with PcscService(1) as service:
        service.insert(akis(nes(20)))
        started, env = installed.wine.prepared(  # Wine starts no entry
            {**service.env, "WINE_NETWORK": "shared"},
            installed.folder,
            ("wine64", WITHOUT_CONSOLE, *words),
            limit_s=None,
        )
        with subprocess.Popen(started, env=env, cwd=installed.folder) as program:
            try:
                end = time.monotonic() + PATIENCE_S
                while not opened.exists() and program.poll() is None and time.monotonic() < end:
                    time.sleep(0.1)
                address = urlsplit(opened.read_text().strip())
                link = HTTPConnection(address.netloc, timeout=PATIENCE_S)
                link.request("GET", f"{address.path}?{address.query}")
                assert link.getresponse().status == 200
                link.close()
            finally:
                program.kill()


def test_a_removal_leaves_nothing(built: Built, computer: Computer) -> None:
    files, values = traces.files(computer.prefix), traces.values(computer.prefix)
    for words, tasks in (((), []), (("REMIND=1",), ["cardtool-remind"])):
        assert computer.msiexec("/i", built.msi, *words).returncode == 0
        assert traces.files(computer.prefix) - files
        assert traces.values(computer.prefix) - values >= _EVENT_SOURCE
        assert [task.name for task in TASKS if computer.has_task(task.name)] == tasks
        assert computer.run(PROGRAM, "practice", "pin-locked").returncode == 2
        assert computer.msiexec("/x", built.msi).returncode == 0

        assert traces.files(computer.prefix) - files == set()
        assert traces.values(computer.prefix) - values == set()


@pytest.mark.parametrize("program", ["cardtool.exe", "cardtoolw.exe"])
def test_a_program_of_the_archive_passes_words_and_status_on_as_they_are(
    program: str, unpacked: Path, wine: Wine
) -> None:
    name = "İğne ılık şöför & Çiğdem %PATH% ^ .json"
    asked = {
        "--version": 0,
        "practice nes-expiring": 1,
        f"practice pin-locked --format json -o '{name}'": 2,
        "explain no-such-code": 3,
    }
    script = "".join(f'wine64 "$1" {words} >out; echo $?\n' for words in asked)

    done = wine.shell({}, unpacked, script, drive(unpacked / program))

    assert list(map(int, done.stdout.split())) == list(asked.values())
    (unpacked / name).unlink()


@pytest.fixture(name="unpacked", scope="module")
def _unpacked(built: Built, tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("Kişisel çubuk")
    with zipfile.ZipFile(built.archive) as archive:
        archive.extractall(place)
    (folder,) = place.iterdir()
    return folder


def _sha256(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


def versions(computer: Computer) -> list[str]:
    """Return the versions of cardtool that Windows lists as installed."""
    lines = computer.registry(_UNINSTALL, "/s").splitlines()
    return [line.split()[-1] for line in lines if line.split()[:1] == ["DisplayVersion"]]


def _sent(computer: Computer) -> set[str]:
    """Send as the task does; return the names of the computers of which there are snapshots."""
    done = computer.run(WITHOUT_CONSOLE, "fleet", "send")
    names = [path.name for path in (computer.drive_c / "collected").iterdir()]
    assert names, done
    return {name.split("-", 1)[1].rsplit("-", 1)[0] for name in names}


def test_a_start_opens_no_module_of_its_own(built: Built, tmp_path: Path, wine: Wine) -> None:
    """Opening a module takes longer than running it, so all come out of one file."""
    trace = tmp_path / "trace"
    program = drive(built.folder / "cardtool.exe")
    shown = wine.shell({}, tmp_path, 'wine64 "$@"', program, "practice", "sound", trace=trace)

    opened = set(re.findall(r'openat\([^"]*"[^"]*/python/([^"]*\.pyc?)"', trace.read_text()))
    assert (shown.returncode, shown.stderr) == (0, b"")
    assert {Path(name).name.partition(".")[0] for name in opened} == {"sitecustomize"}
