# SPDX-License-Identifier: Apache-2.0
"""The command line: what goes in, what comes out, and the exit status."""

import json
import os
import re
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import click
import msgspec
import pytest
from click.testing import CliRunner, Result

from cardtool import __version__
from cardtool.cli import main
from cardtool.cli.later import LaterCommand
from cardtool.cli.refusal import UNKNOWN
from cardtool.model.diagnosis import Diagnosis, Severity
from cardtool.model.snapshot import SIZE_LIMIT_BYTES, decode, encode
from cardtool.text import LANGUAGES
from cardtool.views import formats
from tests.conftest import softhsm_module, without_settings
from tests.golden.desk import HOLDER, NUMBER, desk
from tests.refused import sentence

AT = ("--at", "2026-11-23T09:30+03:00")
ROOT = Path(__file__).parent.parent


def _read_zone() -> None:
    if sys.platform != "win32":  # which needs no telling
        time.tzset()


@pytest.fixture(autouse=True)
def _settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Keep this machine's own settings and zone out of the tests."""
    without_settings(monkeypatch, tmp_path)
    monkeypatch.setenv("TZ", "UTC-3")
    _read_zone()
    yield
    monkeypatch.undo()
    _read_zone()


def _ask(*arguments: str, body: bytes | None = None) -> Result:
    return CliRunner().invoke(main, arguments, input=body)


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
    assert "Expired 722 days ago, 10 January 2028" in late.stdout


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
    config.write_text('[identity]\nkey = "9b1f6c2ad84e703551c7a0ef3d628b94"')
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
    assert "/nonexistent.json: It could not be read (No such file or directory)" in result.stderr


def test_standard_input_is_a_file_too() -> None:
    assert _ask("diagnose", "-", *AT, body=encode(desk())).exit_code == 0
    assert "standard input: " in sentence(_ask("diagnose", "-", body=b"{"))
    assert "girdi: " in sentence(_ask("diagnose", "-", "--lang", "tr", body=b"{"))


def test_standard_input_is_read_once_and_left_open() -> None:
    script = "import sys; from cardtool.cli import run; run(sys.argv[1:]); sys.stdin.fileno()"
    command = [sys.executable, "-c", script, "diagnose", "-"]

    done = subprocess.run(command, cwd=ROOT, input=encode(desk()), capture_output=True, check=False)

    assert done.stderr == b""
    assert "name - once" in _ask("diagnose", "-", "-", body=encode(desk())).stderr


def test_a_saved_diagnosis_is_judged_again(tmp_path: Path, saved: str) -> None:
    path = tmp_path / "diagnosis.json"
    path.write_text(_ask("diagnose", saved, *AT, "--format", "json").stdout, "utf-8")

    assert _ask("diagnose", str(path), *AT).exit_code == 0
    assert _ask("diagnose", str(path), "--at", "2030-01-01").exit_code == 2


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-be"])
def test_what_other_editors_put_before_a_snapshot(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "saved.json"
    start = "\ufeff" if encoding == "utf-16-be" else ""
    path.write_text(start + encode(desk()).decode(), encoding=encoding)

    assert _ask("diagnose", str(path), *AT).exit_code == 0


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"", "It is empty"),
        (encode(desk())[:400], "truncated"),
        (b"hello", "Nothing that can be judged"),
        (b"[]", "a certificate (DER, PEM, PKCS#7)"),
        (b'{"schema": 99}', "newer cardtool. Update cardtool.\n"),
        (b'{"verdict": "x", "snapshot": {"schema": 1, "readers": 7}}', "$.readers"),
        (b'{"schema": 1, "readers": 7}', "$.readers"),
        (encode(desk()).replace(b'"bits": 64', b'"bits": "\\u001b[31m"'), "$.host.bits"),
        (b'{"schema": 1, "host": {"name": "\xff"}}', "UTF-8"),
        (b'{"schema": ' + b"[" * 1_000_000, "write it again"),
    ],
)
def test_a_file_that_is_no_snapshot_is_told_so(tmp_path: Path, body: bytes, said: str) -> None:
    path = tmp_path / "bad.json"
    path.write_bytes(body)

    shown = sentence(_ask("diagnose", str(path)))

    assert str(path) in shown
    assert said.casefold() in shown.casefold()
    assert "\x1b" not in shown


def test_a_gigabyte_is_refused_without_being_read(tmp_path: Path) -> None:
    path = tmp_path / "huge.json"
    with path.open("wb") as file:
        file.truncate(1024**3)

    assert f"larger than {SIZE_LIMIT_BYTES}" in sentence(_ask("diagnose", str(path)))


def test_a_file_name_cannot_command_the_terminal(tmp_path: Path) -> None:
    assert "\x1b" not in sentence(_ask("diagnose", str(tmp_path / "a\x1b[31m\nb")))


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--at", "yesterday"), "'yesterday' is no moment"),
        (("--at", "0001-01-01"), "is no moment"),
        (("--timeout", "0.9"), "between 1 and 600"),
        (("--timeout", "nan"), "between 1 and 600"),
        (("--timeout", "fast"), "not a valid float"),
        (("--format", "xml"), "'terminal', 'json'"),
        (("--lang", "de"), "'tr', 'en'"),
        (("inspect",), "inspect"),
        (("diagnose",), "FILE"),
        (("explain", "nes-expird"), "nes-expired"),
        (("explain", "\u0130", "--lang=en"), "Nothing is known"),
        (("check", "--keep-personal"), "--format json"),
        (("certs", "export", "--form", "txt"), "'pem', 'der'"),
        (("snapshot", "--format", "terminal"), "`cardtool snapshot` has no --format terminal"),
        (("--format", "terminal", "snapshot"), "it has json"),
        (("certs", "export", "--format", "json"), "`cardtool certs export` has no --format json"),
        (("certs", "--format", "json", "export"), "has no --format json"),
        (("snapshot", "-o", ""), "empty name"),
        (("certs", "export", "-o", ""), "empty name"),
        (("diagnose", ""), "empty name"),
        (("check", "--module", ""), "empty name"),
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
    text, narrow, pipe = (tmp_path / f"{each}.so" for each in ("text", "narrow", "pipe"))
    if sys.platform != "win32":
        os.mkfifo(pipe)
    text.write_text("not a library")
    narrow.write_bytes(b"\x7fELF\x01\x01\x01" + bytes(9) + b"\x03\x00\x03\x00" + bytes(40))

    for path, said in (
        (str(tmp_path), "a folder"),
        (str(tmp_path / "none.so"), "no such file"),
        (str(tmp_path / "text.so" / "x"), "Not a directory"),
        (str(text), "not a shared library"),
        (str(pipe), "a device or a pipe"),
        ("/dev/null", "a device or a pipe"),
        (str(narrow), "32-bit (i386), but this program is 64-bit"),
    ):
        for command in (("check",), ("snapshot",), ("drivers",), ("certs",), ("certs", "export")):
            shown = sentence(_ask(*command, "--module", path))
            assert path in shown
            assert said in shown


def test_a_module_whose_name_is_no_text_is_refused(tmp_path: Path) -> None:
    name = os.fsencode(tmp_path) + b"/\xff.so"

    done = subprocess.run(
        [sys.executable, "-m", "cardtool", "check", "--module", name],
        cwd=ROOT,
        capture_output=True,
        check=False,
    )

    assert done.returncode == UNKNOWN
    assert b"not UTF-8" in done.stderr
    assert done.stderr.count(b"\n") == 1


def test_a_refusal_speaks_the_language_of_the_rest(tmp_path: Path) -> None:
    config, broken = tmp_path / "config.toml", tmp_path / "broken.toml"
    config.write_text("language = 'tr'")
    broken.write_text("language = ")
    arguments = ("diagnose", "/nonexistent.json")

    for settings, options, word in (
        ({}, (), "could not be read"),
        ({"CARDTOOL_LANG": "tr"}, (), "Okunamadı"),
        ({"CARDTOOL_LANG": "en"}, ("--lang", "tr"), "Okunamadı"),
        ({"CARDTOOL_CONFIG": str(config)}, (), "Okunamadı"),
        ({"CARDTOOL_CONFIG": str(broken)}, (), "TOML"),
        ({"CARDTOOL_CONFIG": str(broken)}, ("--lang", "tr"), "TOML olarak okunamadı"),
    ):
        assert word in sentence(CliRunner(env=settings).invoke(main, (*arguments, *options)))


def test_a_broken_configuration_file_is_told_once_though_a_thread_meets_it_too(
    tmp_path: Path,
) -> None:
    module = str(softhsm_module())
    config = tmp_path / "config.toml"
    config.write_text("language = ")

    settings = {"CARDTOOL_CONFIG": str(config)}
    done = _process("check", "--module", module, "--timeout", "9", settings=settings)

    assert done.returncode == UNKNOWN
    assert done.stdout == b""
    assert done.stderr.count(b"\n") == 1


def test_a_broken_configuration_file_is_told_with_its_place(tmp_path: Path, saved: str) -> None:
    config = tmp_path / "config.toml"
    config.write_text("[policy]\nnotice_days = 'soon'\n")
    runner = CliRunner(env={"CARDTOOL_CONFIG": str(config)})

    for command in (("check",), ("diagnose", saved), ("explain", "nes-valid")):
        shown = sentence(runner.invoke(main, command))
        assert f"{config}: " in shown
        assert "$.policy.notice_days" in shown


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
    path = tmp_path / "shot.json"
    path.write_text("what was there")

    assert _ask("snapshot", "-o", str(path)).exit_code == 0

    assert decode(path.read_bytes()).tool == f"cardtool {__version__}"
    assert stat.S_IMODE(path.stat().st_mode) == stat.S_IRUSR | stat.S_IWUSR
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("kind", ["file", "nothing", "loop"])
def test_a_link_at_the_name_is_replaced_and_what_it_leads_to_stays(
    tmp_path: Path, kind: str
) -> None:
    """In a shared folder it may be another user's, who would have the output led elsewhere."""
    shared, other = tmp_path / "shared", tmp_path / "other"
    shared.mkdir()
    other.mkdir()
    link, target = shared / "shot.json", other / "target"
    link.symlink_to(link if kind == "loop" else target)
    if kind == "file":
        target.write_text("what was there")

    assert _ask("snapshot", "-o", str(link)).exit_code == 0

    assert not link.is_symlink()
    assert decode(link.read_bytes()).tool == f"cardtool {__version__}"
    assert [each.read_text() for each in other.iterdir()] == ["what was there"] * (kind == "file")
    assert list(shared.iterdir()) == [link]


@pytest.mark.parametrize(
    "name", ["/dev/stdout", "/dev/fd/1", "/proc/self/fd/1", "/dev/../dev/fd//1"]
)
@pytest.mark.parametrize("mode", ["a", "r+"])
def test_a_file_that_standard_output_leads_to_is_written_on_and_not_replaced(
    tmp_path: Path, name: str, mode: str
) -> None:
    path = tmp_path / "output"
    path.write_text("before\n")
    inode = path.stat().st_ino

    with path.open(mode) as file:
        file.seek(0, os.SEEK_END)
        done = subprocess.run(
            [sys.executable, "-m", "cardtool", "snapshot", "-o", name],
            cwd=ROOT,
            stdout=file,
            stderr=subprocess.PIPE,
            check=False,
        )

    assert done.returncode == 0, done.stderr.decode()
    first, rest = path.read_text("utf-8").split("\n", 1)
    assert first == "before"
    assert decode(rest.encode()).tool == f"cardtool {__version__}"
    assert path.stat().st_ino == inode
    assert list(tmp_path.iterdir()) == [path]


def test_a_place_that_cannot_be_written_is_told_and_left_alone(tmp_path: Path) -> None:
    for place in (tmp_path, tmp_path / "none" / "shot.json", Path("/proc/shot.json")):
        shown = sentence(_ask("snapshot", "-o", str(place)))
        assert f"{place}: " in shown
        assert "as it was" in shown
    assert list(tmp_path.iterdir()) == []


def test_a_device_is_written_to_and_stays_a_device() -> None:
    assert _ask("snapshot", "-o", "/dev/null").exit_code == 0
    assert stat.S_ISCHR(Path("/dev/null").stat().st_mode)


def test_a_pipe_named_as_a_file_is_written_to() -> None:
    done = _process("snapshot", "-o", "/dev/stdout")

    assert done.returncode == 0, done.stderr.decode()
    assert decode(done.stdout).tool == f"cardtool {__version__}"


def test_nothing_in_json_can_command_a_terminal(tmp_path: Path) -> None:
    path = tmp_path / "hostile.json"
    path.write_bytes(encode(desk(host="\x7f\x9b31m\u202e\u2028\U000e0041ışık")))

    shown = _ask("diagnose", str(path), "--format", "json").stdout

    assert r"\u007f\u009b31m\u202e\u2028\udb40\udc41ışık" in shown


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
    assert ("İmza" if encoding in {"cp857", "cp1254", "utf-8"} else "Imza") in shown


def test_a_sentence_is_shown_on_every_console(tmp_path: Path) -> None:
    name = str(tmp_path / "ışık.json")

    done = _process("diagnose", name, settings={"PYTHONIOENCODING": "ascii"})

    assert done.returncode == UNKNOWN
    assert b"isik.json: It could not be read (No such file or directory)" in done.stderr


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


@pytest.mark.parametrize("form", ["terminal", "json", "html", "--help"])
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


@pytest.mark.parametrize("words", ["diagnose", "diagnose --format html", "--help", "--version"])
def test_a_full_disk_is_told(saved: str, words: str) -> None:
    with Path("/dev/full").open("wb") as full:
        done = _into(full.fileno(), *words.split(), saved)

    assert done.returncode == UNKNOWN
    assert b"Standard output (No space left on device)" in done.stderr
    assert done.stderr.count(b"\n") == 1


@pytest.mark.parametrize("words", ["diagnose absent.json", "nonsense", "--help"])
def test_where_nothing_can_be_said_the_status_is_still_that_of_no_answer(words: str) -> None:
    with Path("/dev/full").open("wb") as full:
        command = (sys.executable, "-m", "cardtool", *words.split())
        done = subprocess.run(command, stdout=full, stderr=full, check=False)

    assert done.returncode == UNKNOWN


@pytest.mark.parametrize(("settings", "colour"), [({}, True), ({"NO_COLOR": "1"}, False)])
def test_a_terminal_gets_colours_unless_it_wants_none(
    saved: str, settings: dict[str, str], *, colour: bool
) -> None:
    if sys.platform != "win32":
        ours, theirs = os.openpty()
        with os.fdopen(ours, "rb", buffering=0) as screen:
            done = _into(theirs, "diagnose", saved, settings={"TERM": "xterm", **settings})
            os.close(theirs)
            assert done.stderr == b""  # where nothing was shown, reading would wait for ever
            shown = screen.read(100_000)

        assert (b"\x1b[" in shown) == colour
        assert b"Signing program" in shown


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

    assert started == b"cardtool.cli.saved: reading standard input\n"
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


def _without(
    blocked: tuple[str, ...], *arguments: str, lang: str = "en"
) -> "subprocess.CompletedProcess[bytes]":
    """Run where importing any of these fails as if it were not installed."""
    return subprocess.run(
        [sys.executable, "-c", _BLOCKED.format(blocked=blocked), "cardtool", *arguments],
        cwd=ROOT,
        env={**os.environ, "LC_ALL": "C", "CARDTOOL_LANG": lang},
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


@pytest.mark.parametrize("lang", ["en", ""])  # without a word from anywhere it is English as well
def test_help_waits_for_nothing_but_click(lang: str) -> None:
    heavy = ("msgspec", "rich", "tomllib", "platformdirs", "cardtool.rules", "cardtool.catalog")

    done = _without((*DEVICE_LIBRARIES, *heavy), "--help", lang=lang)

    assert done.returncode == 0
    for choices in (formats(), LANGUAGES):
        assert f"[{'|'.join(choices)}]" in done.stdout.decode()


def test_json_needs_no_layout_library(saved: str) -> None:
    assert _without(("rich",), "diagnose", saved, *AT, "--format", "json").returncode == 0


def test_json_needs_no_words() -> None:
    code = (
        "import sys; from cardtool.cli import run; opened = [];"
        "sys.addaudithook(lambda event, facts: event == 'open' and opened.append(str(facts[0])));"
        "run(['check', '--format', 'json', '--lang', 'tr']);"
        "sys.stderr.write(str(sum(name.endswith('tr.toml') for name in opened)))"
    )

    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, check=False)

    assert done.stderr == b"0"
    assert b'"verdict"' in done.stdout


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

    assert Path(saved).name.encode() in done.stderr
    assert NUMBER.encode() not in done.stderr
    assert HOLDER.encode() not in done.stderr


def test_verbose_names_no_account_and_no_home_and_moves_no_cursor(
    saved: str, tmp_path: Path
) -> None:
    home = tmp_path / "home" / "zeki.deneme"
    folder = home / "\x1b[31m" / NUMBER
    folder.mkdir(parents=True)
    (folder / "zeki.toml").write_text("")
    settings = {
        "HOME": str(home),
        "LOGNAME": "zeki.deneme",
        "CARDTOOL_CONFIG": str(folder / "zeki.toml"),
    }

    said = _process("-v", "diagnose", saved, *AT, settings=settings).stderr

    assert b"settings from ~/[31m/10*******90/zeki.toml\n" in said
    assert b"\x1b" not in said
    assert b"zeki.deneme" not in said
    assert NUMBER.encode() not in said


def test_verbose_tells_how_each_step_of_a_look_ended(tmp_path: Path) -> None:
    library = tmp_path / "libx.so"
    library.write_bytes(b"\x7fELF\x02\x01\x01" + bytes(9) + b"\x03\x00\x3e\x00" + bytes(40))

    said = _process("-v", "drivers", "--module", str(library)).stderr.decode()

    assert "PC/SC asked for the readers: " in said
    assert re.search(r"module libx\.so: \S+", said)
    assert re.search(r"looked for \d+\.\d s", said)
    assert str(tmp_path) not in said


@pytest.mark.parametrize(
    "arguments",
    [("snapshot",), ("check", "--format", "json"), ("check", "--format", "csv"),
     ("drivers", "--format", "json"), ("certs", "--format", "json")],
)  # fmt: skip
@pytest.mark.parametrize("login", ["zeki.deneme", "zeki", "al"])
def test_whoever_runs_it_is_not_named_in_what_leaves(
    arguments: tuple[str, ...], login: str, tmp_path: Path
) -> None:
    library = tmp_path / login / "libx.so"
    library.parent.mkdir()
    library.write_bytes(b"no library")
    settings = {"LOGNAME": login, "HOME": f"/home/kurum/{login}"}

    done = _process(*arguments, "--module", str(library), settings=settings).stdout.decode()
    kept = _process(
        *arguments, "--keep-personal", "--module", str(library), settings=settings
    ).stdout.decode()

    assert f"/{login}/" not in done
    assert ("libx.so" in done) == (f"/{login}/" in kept)


def _later(group: click.Group) -> Iterator[LaterCommand]:
    for command in group.commands.values():
        assert isinstance(command, LaterCommand)
        yield command
        loaded = command.load()
        if isinstance(loaded, click.Group):
            yield from _later(loaded)


@pytest.mark.parametrize("command", tuple(_later(main)), ids=lambda each: each.name)
def test_a_group_says_of_a_command_what_the_command_says_of_itself(command: LaterCommand) -> None:
    loaded = command.load()

    assert loaded.name == command.name
    assert loaded.get_short_help_str(1000) == command.get_short_help_str(1000)
