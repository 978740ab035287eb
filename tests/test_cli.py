# SPDX-License-Identifier: Apache-2.0
"""The command line: what goes in, what comes out, and the exit status."""

import json
import os
import pty
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner, Result

from cardtool import __version__
from cardtool.cli import main
from cardtool.cli.session import UNKNOWN
from cardtool.model.diagnosis import Diagnosis, Severity
from cardtool.model.snapshot import SIZE_LIMIT_BYTES, decode, encode
from tests.golden.desk import HOLDER, NUMBER, desk

AT = ("--at", "2026-11-23T09:30+03:00")
ROOT = Path(__file__).parent.parent


def _read_zone() -> None:
    if sys.platform != "win32":  # which needs no telling
        time.tzset()


@pytest.fixture(autouse=True)
def _settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Keep this machine's own settings out of the tests."""
    for variable in ("CARDTOOL_LANG", "LC_ALL", "LC_MESSAGES", "LANG", "CARDTOOL_CONFIG"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "none"))
    monkeypatch.setenv("XDG_CONFIG_DIRS", str(tmp_path / "none"))
    monkeypatch.setenv("TZ", "UTC-3")
    _read_zone()
    yield
    monkeypatch.undo()
    _read_zone()


@pytest.fixture(name="saved")
def _saved(tmp_path: Path) -> str:
    path = tmp_path / "masa.json"
    path.write_bytes(encode(desk()))
    return str(path)


def _ask(*arguments: str, body: bytes | None = None) -> Result:
    return CliRunner().invoke(main, arguments, input=body)


def _sentence(result: Result) -> str:
    """Return the one sentence that a refused input gets."""
    assert result.exit_code == UNKNOWN
    assert result.stdout == ""
    assert result.stderr.count("\n") == 1
    assert result.stderr.startswith("cardtool: ")
    return result.stderr


def _process(
    *arguments: str, settings: dict[str, str] | None = None, body: bytes = b""
) -> "subprocess.CompletedProcess[bytes]":
    return subprocess.run(
        [sys.executable, "-m", "cardtool", *arguments],
        env={**os.environ, **(settings or {})},
        cwd=ROOT,
        input=body,
        capture_output=True,
        check=False,
    )


def test_the_exit_status_is_the_first_thing_help_says() -> None:
    lines = _ask("--help").stdout.splitlines()

    assert lines[2].strip() == (
        "Exit status: ok 0, warning 1, critical 2, unknown and usage errors 3."
    )
    assert Severity.UNKNOWN.exit_status == UNKNOWN


def test_the_version_is_told() -> None:
    assert _ask("--version").stdout == f"cardtool {__version__}\n"


def test_a_saved_snapshot_is_judged_for_the_moment_named(saved: str) -> None:
    well = _ask("diagnose", saved, *AT, "--lang", "tr")
    late = _ask("diagnose", saved, "--at", "2030-01-01", "--lang", "en")

    assert well.exit_code == 0
    assert well.stdout.startswith("✓ Sorun yok")
    assert HOLDER in well.stdout
    assert NUMBER not in well.stdout
    assert late.exit_code == 2
    assert late.stdout.startswith("✗ Problem")
    assert "1 January 2030 00:00:00 (UTC+03:00)" in " ".join(late.stdout.split())


def test_a_warning_exits_with_one(saved: str) -> None:
    assert _ask("diagnose", saved, "--at", "2027-12-01").exit_code == 1


def test_options_stand_before_or_after_the_command_and_the_later_wins(saved: str) -> None:
    assert _ask("--lang", "tr", "diagnose", saved, *AT).stdout.startswith("✓ Sorun yok")
    assert _ask("--lang", "tr", "diagnose", "--lang", "en", saved, *AT).stdout.startswith("✓ All")


def test_json_holds_no_person_unless_asked(saved: str) -> None:
    redacted = _ask("diagnose", saved, *AT, "--format", "json")
    kept = _ask("diagnose", saved, *AT, "--format", "json", "--keep-personal")

    for personal in (HOLDER, NUMBER):
        assert personal not in redacted.stdout
        assert personal in kept.stdout
    read = msgspec.json.decode(kept.stdout, type=Diagnosis)
    assert read.snapshot == desk()
    assert msgspec.json.decode(redacted.stdout, type=Diagnosis).verdict == read.verdict


def test_a_configured_key_keeps_one_person_the_same(saved: str, tmp_path: Path) -> None:
    config = tmp_path / "config.toml"
    config.write_text(f'[identity]\nkey = "{"0F" * 16}"')
    runner = CliRunner(env={"CARDTOOL_CONFIG": str(config)})
    arguments = ("diagnose", saved, *AT, "--format", "json")

    assert runner.invoke(main, arguments).stdout == runner.invoke(main, arguments).stdout
    assert _ask(*arguments).stdout != _ask(*arguments).stdout


def test_several_files_are_named_and_the_worst_counts(saved: str, tmp_path: Path) -> None:
    other = tmp_path / "leer.json"
    other.write_bytes(encode(msgspec.structs.replace(desk(host="masa-2"), readers=())))

    result = _ask("diagnose", saved, str(other), saved, *AT)

    assert result.exit_code == 2
    assert [line.split(",")[0] for line in result.stdout.splitlines() if "masa" in line] == [
        "masa-1",
        "masa-2",
        "masa-1",
    ]


def test_one_bad_file_spoils_the_status_and_not_the_others(saved: str) -> None:
    result = _ask("diagnose", saved, "/nonexistent.json", saved, *AT, "--format", "json")

    assert result.exit_code == UNKNOWN
    assert result.stdout.count('"verdict"') == 2
    assert "/nonexistent.json: No such file or directory" in result.stderr


def test_standard_input_is_a_file_too() -> None:
    assert _ask("diagnose", "-", *AT, body=encode(desk())).exit_code == 0
    assert "standard input: " in _sentence(_ask("diagnose", "-", body=b"{"))


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"", "truncated"),
        (encode(desk())[:400], "truncated"),
        (b"hello", "malformed"),
        (b"[]", "object"),
        (b'{"schema": 99}', "format 99 is newer than 1: update cardtool"),
        (b'{"schema": 1, "readers": 7}', "$.readers"),
        (encode(desk()).replace(b'"bits": 64', b'"bits": "\\u001b[31m"'), "$.host.bits"),
        (b'{"schema": 1, "host": {"name": "\xff"}}', "UTF-8"),
        (b"[" * 1_000_000, "write it again"),
    ],
)
def test_a_file_that_is_no_snapshot_is_told_so(tmp_path: Path, body: bytes, said: str) -> None:
    path = tmp_path / "bad.json"
    path.write_bytes(body)

    sentence = _sentence(_ask("diagnose", str(path)))

    assert str(path) in sentence
    assert said.casefold() in sentence.casefold()
    assert "\x1b" not in sentence


def test_a_gigabyte_is_refused_without_being_read(tmp_path: Path) -> None:
    path = tmp_path / "huge.json"
    with path.open("wb") as file:
        file.truncate(1024**3)

    assert f"larger than {SIZE_LIMIT_BYTES}" in _sentence(_ask("diagnose", str(path)))


def test_a_file_name_cannot_command_the_terminal(tmp_path: Path) -> None:
    assert "\x1b" not in _sentence(_ask("diagnose", str(tmp_path / "a\x1b[31m\nb")))


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--at", "yesterday"), "'yesterday' is no moment"),
        (("--at", "0001-01-01"), "is no moment"),
        (("--timeout", "0"), "between 0 and 600"),
        (("--timeout", "nan"), "between 0 and 600"),
        (("--timeout", "fast"), "not a valid float"),
        (("--format", "xml"), "'terminal', 'json'"),
        (("--lang", "de"), "'tr', 'en'"),
        (("inspect",), "inspect"),
        (("diagnose",), "FILE"),
        (("explain", "nes-expird"), "nes-expired"),
        (("explain", "\u0130"), "no finding's code"),
        (("check", "--keep-personal"), "--format json"),
        (("certs", "export", "--form", "txt"), "'pem', 'der'"),
    ],
)
def test_a_wrong_command_exits_with_three_and_names_the_fix(
    arguments: tuple[str, ...], said: str
) -> None:
    result = _ask(*arguments)

    assert result.exit_code == UNKNOWN
    assert said in result.stderr
    assert result.stdout == ""


def test_a_module_that_cannot_be_one_is_refused_before_anything_is_asked(tmp_path: Path) -> None:
    text, narrow = tmp_path / "text.so", tmp_path / "narrow.so"
    text.write_text("not a library")
    narrow.write_bytes(b"\x7fELF\x01\x01\x01" + bytes(9) + b"\x03\x00\x03\x00" + bytes(40))

    for path, said in (
        (str(tmp_path), "Is a directory"),
        (str(tmp_path / "none.so"), "No such file or directory"),
        (str(text), "not a shared library"),
        (str(narrow), "32-bit (i386), but this process is 64-bit"),
    ):
        for command in (("check",), ("snapshot",), ("drivers",), ("certs",), ("certs", "export")):
            sentence = _sentence(_ask(*command, "--module", path))
            assert path in sentence
            assert said in sentence


def test_a_broken_configuration_file_is_told_with_its_place(tmp_path: Path, saved: str) -> None:
    config = tmp_path / "config.toml"
    config.write_text("[policy]\nnotice_days = 'soon'\n")
    runner = CliRunner(env={"CARDTOOL_CONFIG": str(config)})

    for command in (("check",), ("diagnose", saved), ("explain", "nes-valid")):
        sentence = _sentence(runner.invoke(main, command))
        assert f"{config}: " in sentence
        assert "$.policy.notice_days" in sentence


def test_the_policy_of_the_configuration_file_is_used(tmp_path: Path, saved: str) -> None:
    config = tmp_path / "config.toml"
    config.write_text("language = 'tr'\n[policy]\nnotice_days = 1000\n")
    runner = CliRunner(env={"CARDTOOL_CONFIG": str(config)})

    result = runner.invoke(main, ("diagnose", saved, *AT))

    assert result.exit_code == 1
    assert result.stdout.startswith("! Uyarı")


def test_a_code_is_explained_to_people_and_programs() -> None:
    page = _ask("explain", "nes-expired", "--lang", "tr")
    document = json.loads(_ask("explain", "nes-expired", "--format", "json").stdout)

    assert page.exit_code == 0
    assert page.stdout.startswith("✗ nes-expired")
    assert document["severity"] == "critical"


def test_a_snapshot_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    path, link = tmp_path / "shot.json", tmp_path / "link.json"
    path.write_text("what was there")
    link.symlink_to(path)

    assert _ask("snapshot", "-o", str(link)).exit_code == 0

    assert decode(path.read_bytes()).tool == f"cardtool {__version__}"
    assert link.is_symlink()
    assert stat.S_IMODE(path.stat().st_mode) == stat.S_IRUSR | stat.S_IWUSR
    assert sorted(each.name for each in tmp_path.iterdir()) == ["link.json", "shot.json"]


def test_a_place_that_cannot_be_written_is_told_and_left_alone(tmp_path: Path) -> None:
    for place in (tmp_path, tmp_path / "none" / "shot.json", Path("/proc/shot.json")):
        sentence = _sentence(_ask("snapshot", "-o", str(place)))
        assert f"{place}: " in sentence
        assert "nothing was written" in sentence
    assert list(tmp_path.iterdir()) == []


def test_a_device_is_written_to_and_stays_a_device() -> None:
    assert _ask("snapshot", "-o", "/dev/null").exit_code == 0
    assert stat.S_ISCHR(Path("/dev/null").stat().st_mode)


@pytest.mark.parametrize("arguments", [("snapshot",), ("snapshot", "-o", "-")])
def test_a_snapshot_on_standard_output_can_be_judged(arguments: tuple[str, ...]) -> None:
    look = _ask(*arguments)

    assert look.exit_code == 0
    judged = _ask("diagnose", "-", "--format", "json", body=look.stdout.encode())
    assert (
        judged.exit_code == msgspec.json.decode(judged.stdout, type=Diagnosis).severity.exit_status
    )


def test_without_a_command_the_machine_is_checked() -> None:
    for arguments in (("--format", "json"), ("check", "--format", "json")):
        result = _ask(*arguments)
        read = msgspec.json.decode(result.stdout, type=Diagnosis)
        assert result.exit_code == read.severity.exit_status


def test_lists_of_drivers_and_certificates_are_data_too() -> None:
    assert "modules" in json.loads(_ask("drivers", "--format", "json").stdout)
    assert "tokens" in json.loads(_ask("certs", "--format", "json").stdout)
    assert _ask("drivers").exit_code == 0


@pytest.mark.parametrize("encoding", ["ascii", "cp437", "cp857", "cp1254", "utf-8"])
def test_every_console_can_show_it(saved: str, encoding: str) -> None:
    """Letters the code page lacks are spelt with others; nothing becomes a question mark."""
    settings = {"PYTHONIOENCODING": encoding, "CARDTOOL_LANG": "tr"}

    done = _process("diagnose", saved, *AT, settings=settings)
    shown = done.stdout.decode(encoding)

    assert done.returncode == 0, done.stderr.decode()
    assert done.stderr == b""
    assert "?" not in shown
    assert ("✓" in shown) == (encoding == "utf-8")
    name = HOLDER if encoding in {"cp857", "cp1254", "utf-8"} else "AYSE"
    assert name.split()[0] in shown
    assert ("AKİS" if encoding in {"cp857", "cp1254", "utf-8"} else "AKIS") in shown


@pytest.mark.parametrize("encoding", ["ascii", "cp857", "utf-8"])
def test_json_is_whole_in_every_encoding(saved: str, encoding: str) -> None:
    arguments = ("diagnose", saved, *AT, "--format", "json", "--keep-personal")

    done = _process(*arguments, settings={"PYTHONIOENCODING": encoding})

    read = msgspec.json.decode(done.stdout.decode(encoding), type=Diagnosis)
    assert read.snapshot == desk()


def test_a_sentence_is_shown_on_every_console(tmp_path: Path) -> None:
    name = str(tmp_path / "ışık.json")

    done = _process("diagnose", name, settings={"PYTHONIOENCODING": "ascii"})

    assert done.returncode == UNKNOWN
    assert b"isik.json: No such file or directory" in done.stderr


def _into(
    output: int, *arguments: str, settings: dict[str, str] | None = None
) -> "subprocess.CompletedProcess[bytes]":
    return subprocess.run(
        [sys.executable, "-m", "cardtool", *arguments],
        cwd=ROOT,
        env={**os.environ, **(settings or {})},
        stdout=output,
        stderr=subprocess.PIPE,
        check=False,
    )


@pytest.mark.parametrize("form", ["terminal", "json", "--help"])
def test_a_reader_that_stops_reading_is_no_error(saved: str, form: str) -> None:
    """Standard output is a pipe whose other end is closed before the first word."""
    ours, theirs = os.pipe()
    os.close(ours)
    try:
        done = _into(
            theirs, *(("--help",) if form == "--help" else ("diagnose", saved, "--format", form))
        )
    finally:
        os.close(theirs)

    assert done.stderr == b""
    assert done.returncode == UNKNOWN


def test_closed_streams_leave_the_exit_status(saved: str) -> None:
    command = f'exec "$0" -m cardtool diagnose "$1" {" ".join(AT)} <&- >&- 2>&-'

    for file, status in ((saved, 0), ("-", UNKNOWN)):
        done = subprocess.run(["sh", "-c", command, sys.executable, file], cwd=ROOT, check=False)
        assert done.returncode == status


def test_a_full_disk_is_told(saved: str) -> None:
    with Path("/dev/full").open("wb") as full:
        done = _into(full.fileno(), "diagnose", saved)

    assert done.returncode == UNKNOWN
    assert b"standard output: No space left on device" in done.stderr
    assert done.stderr.count(b"\n") == 1


@pytest.mark.parametrize(("settings", "colour"), [({}, True), ({"NO_COLOR": "1"}, False)])
def test_a_terminal_gets_colours_unless_it_wants_none(
    saved: str, settings: dict[str, str], *, colour: bool
) -> None:
    if sys.platform != "win32":
        ours, theirs = pty.openpty()
        with os.fdopen(ours, "rb", buffering=0) as screen:
            _into(theirs, "diagnose", saved, settings={"TERM": "xterm", **settings})
            shown = screen.read(100_000)
        os.close(theirs)

        assert (b"\x1b[" in shown) == colour
        assert b"What was checked" in shown


def test_an_interrupt_ends_quietly() -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "cardtool", "-v", "diagnose", "-"],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as waiting:
        assert waiting.stderr is not None
        started = waiting.stderr.readline()
        waiting.send_signal(signal.SIGINT)
        shown, said = waiting.communicate()

    assert started == b"cardtool.cli.session: reading standard input\n"
    assert shown == b""
    assert said.strip() == b""
    assert waiting.returncode == 130


_BLOCKED = """
import sys
sys.argv[:] = ["cardtool", *sys.argv[2:]]
sys.modules.update(dict.fromkeys({blocked}))
from cardtool.__main__ import main
main()
"""


def _without(blocked: tuple[str, ...], *arguments: str) -> "subprocess.CompletedProcess[bytes]":
    """Run where importing any of these fails as if it were not installed."""
    return subprocess.run(
        [sys.executable, "-c", _BLOCKED.format(blocked=blocked), "cardtool", *arguments],
        cwd=ROOT,
        capture_output=True,
        check=False,
    )


DEVICE_LIBRARIES = ("smartcard", "pkcs11", "cryptography", "asn1crypto", "ctypes")


def test_judging_and_explaining_need_no_device_library(saved: str) -> None:
    for arguments in (
        ("--help",),
        ("--version",),
        ("explain", "nes-expired"),
        ("diagnose", saved, *AT),
        ("diagnose", saved, *AT, "--format", "json"),
    ):
        done = _without(DEVICE_LIBRARIES, *arguments)
        assert done.returncode == 0, done.stderr.decode()
        assert done.stdout


def test_help_waits_for_nothing_but_click() -> None:
    heavy = ("msgspec", "rich", "tomllib", "platformdirs", "cardtool.rules", "cardtool.catalog")

    assert _without((*DEVICE_LIBRARIES, *heavy), "--help").returncode == 0


def test_json_needs_no_layout_library(saved: str) -> None:
    assert _without(("rich",), "diagnose", saved, *AT, "--format", "json").returncode == 0


def test_a_fault_of_ours_is_called_one(saved: str) -> None:
    done = _without(("msgspec",), "diagnose", saved)

    assert done.returncode == UNKNOWN
    assert b"Traceback" in done.stderr
    assert b"This is a fault in cardtool" in done.stderr.splitlines()[-1]
    assert done.stdout == b""


def test_the_shell_completes_commands() -> None:
    source = _process(settings={"_CARDTOOL_COMPLETE": "bash_source"})
    words = {"COMP_WORDS": "cardtool di", "COMP_CWORD": "1", "_CARDTOOL_COMPLETE": "bash_complete"}

    assert b"_cardtool_completion" in source.stdout
    assert _process(settings=words).stdout == b"plain,diagnose\n"


def test_verbose_tells_what_is_done_and_nothing_personal(saved: str) -> None:
    done = _process("-v", "diagnose", saved, *AT)

    assert saved.encode() in done.stderr
    assert NUMBER.encode() not in done.stderr
    assert HOLDER.encode() not in done.stderr
