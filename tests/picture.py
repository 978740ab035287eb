# SPDX-License-Identifier: Apache-2.0
"""Pictures of a terminal, for README.md and docs/: what a command prints there, drawn as SVG.

A picture is the same on every machine: the command has a terminal of a fixed width, Turkey's time
and no configuration, and the drawing asks for no font from the network.
"""

import contextlib
import io
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from rich.console import Console
from rich.text import Text

_ROOT = Path(__file__).parent.parent

_COLUMNS = 80

_SVG = """\
<svg viewBox="0 0 {width} {height}" xmlns="http://www.w3.org/2000/svg">
<!-- Written by docs/generate.py: change the code, then run `make generated`. -->
<style>
.{unique_id}-matrix {{
font-family: ui-monospace, "DejaVu Sans Mono", Consolas, Menlo, monospace;
font-size: {char_height}px;
line-height: {line_height}px;
}}
.{unique_id}-title {{ font-family: sans-serif; font-size: 18px; font-weight: bold; }}
{styles}
</style>
<defs>
<clipPath id="{unique_id}-clip-terminal">
<rect x="0" y="0" width="{terminal_width}" height="{terminal_height}"/>
</clipPath>
{lines}
</defs>
{chrome}
<g transform="translate({terminal_x}, {terminal_y})" clip-path="url(#{unique_id}-clip-terminal)">
{backgrounds}
<g class="{unique_id}-matrix">
{matrix}
</g>
</g>
</svg>
"""
"""rich's own format without the fonts that it fetches from a server."""


def drawn(arguments: Sequence[str]) -> str:
    """Return a picture of `cardtool ARGUMENTS` at a terminal, as SVG."""
    console = Console(
        width=_COLUMNS,
        file=io.StringIO(),
        record=True,
        force_terminal=True,
        color_system="truecolor",
        legacy_windows=False,
        _environ={},
    )
    console.print(Text(f"$ cardtool {' '.join(arguments)}", style="bold"))
    console.print(Text.from_ansi(_printed(arguments)))
    svg = console.export_svg(title="cardtool", code_format=_SVG, unique_id="cardtool")
    return "".join(f"{line.strip()}\n" for line in svg.splitlines() if line.strip())


def _printed(arguments: Sequence[str]) -> str:
    """Return what the command prints at a terminal, with its colours."""
    if sys.platform == "win32":
        raise NotImplementedError
    master, slave = os.openpty()
    with subprocess.Popen(
        [sys.executable, "-m", "cardtool", *arguments],
        cwd=_ROOT,
        env={
            **os.environ,
            "CARDTOOL_CONFIG": "",
            "COLUMNS": str(_COLUMNS),
            "NO_COLOR": "",
            "PYTHONIOENCODING": "utf-8",
            "TERM": "xterm",
            "TZ": "UTC-3",
            "XDG_CONFIG_DIRS": "/nonexistent",
            "XDG_CONFIG_HOME": "/nonexistent",
        },
        stdin=subprocess.DEVNULL,
        stdout=slave,
        stderr=subprocess.PIPE,
    ) as process:
        os.close(slave)
        printed = b"".join(_read(master))
        assert process.stderr is not None
        complaint = process.stderr.read().decode()
    os.close(master)
    if complaint:
        raise RuntimeError(complaint)
    return printed.decode().replace("\r\n", "\n")


def _read(terminal: int) -> Iterator[bytes]:
    """Yield what is written to the terminal until its last writer has gone."""
    with contextlib.suppress(OSError):  # Linux: EIO, once nobody has the other end open
        while piece := os.read(terminal, 65536):
            yield piece
