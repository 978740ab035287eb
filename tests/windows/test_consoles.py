# SPDX-License-Identifier: Apache-2.0
"""Turkish is readable on a console of any code page, and pipes and files get the same bytes."""

import fcntl
import os
import re
import struct
import subprocess
import sys
import termios
import threading
from pathlib import Path

import pytest

from tests.windows.cache import PYTHON, drive
from tests.windows.running import Wine

assert sys.platform == "linux"  # where Wine and its terminal are

_COMMAND = f"{drive(PYTHON)}\\python.exe -X utf8 -m cardtool practice pin-locked"
"""As the programs of the package start it."""
_LOCALES = {437: "en_US", 1252: "en_US", 857: "tr_TR", 1254: "tr_TR", 65001: "tr_TR"}
"""The code pages of consoles and of programs, and the system that has them."""
_MACHINE = ("json", "ics")
_SEEN = ("✗ Sorun var", "Şifre art arda yanlış girilince kart kendini kilitler", "→ PIN oluşturma")
_KEY = '[identity]\nkey = "9b1f6c2ad84e703551c7a0ef3d628b94"\n'
_OBEYED = re.compile(r"\x1b\[[?\d;]*[A-Za-z]")
"""What a terminal obeys and does not show."""


@pytest.mark.parametrize("page", _LOCALES)
def test_turkish_is_readable_on_a_console(page: int, tmp_path: Path, wine: Wine) -> None:
    script = f"chcp {page} & {_COMMAND} --lang tr"
    command, environment = wine.prepared(
        {"WINE_LOCALE": _LOCALES[page]}, tmp_path, ("wine64", "cmd", "/c", script)
    )

    screen = _OBEYED.sub("", _on_a_terminal(command, environment, tmp_path))

    assert [text for text in _SEEN if text not in screen] == []
    assert "?" not in screen


def test_pipes_and_files_get_the_same_bytes_on_every_code_page(tmp_path: Path, wine: Wine) -> None:
    (tmp_path / "config.toml").write_text(_KEY)
    got = {form: set[bytes]() for form in _MACHINE}
    text = f"{_COMMAND} --lang tr"
    machine = f"{_COMMAND} --lang en --at 2026-10-02T09:00:00Z --format"
    files = [f"{machine} {form} > {form}" for form in _MACHINE]
    pipes = [f"{machine} {form}" for form in _MACHINE]
    for page, locale in _LOCALES.items():
        environment = {"WINE_LOCALE": locale, "CARDTOOL_CONFIG": drive(tmp_path / "config.toml")}
        script = " & ".join((f"chcp {page} >nul", f"{text} > text", *files, *pipes))
        done = wine.shell(environment, tmp_path, 'exec wine64 "$@"', "cmd", "/c", script)
        written = {form: (tmp_path / form).read_bytes() for form in _MACHINE}
        assert done.stdout == b"".join(written.values())
        for form, body in written.items():
            got[form].add(body)
        people = (tmp_path / "text").read_text("utf-8")
        assert [seen for seen in _SEEN if seen not in people] == []

    assert [len(bodies) for bodies in got.values()] == [1] * len(_MACHINE)
    assert all(b"pin-locked" in body for bodies in got.values() for body in bodies)


def _on_a_terminal(command: list[str], environment: dict[str, str], folder: Path) -> str:
    """Return all that a terminal of 60 lines and 150 columns was sent."""
    screen, terminal = os.openpty()
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("4H", 60, 150, 0, 0))
    sent: list[bytes] = []

    def watch() -> None:
        try:
            while piece := os.read(screen, 4096):
                sent.append(piece)
        except OSError:  # nobody has its other end open any more
            pass

    watching = threading.Thread(target=watch)
    watching.start()
    subprocess.run(
        command,
        env=environment | {"TERM": "xterm-256color"},
        cwd=folder,
        stdin=terminal,
        stdout=terminal,
        stderr=terminal,
        check=False,
    )
    os.close(terminal)
    watching.join()
    os.close(screen)
    return b"".join(sent).decode("utf-8")
