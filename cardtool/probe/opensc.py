# SPDX-License-Identifier: Apache-2.0
"""Sets OpenSC up for a check: every reader, no cache, the card left as it was.

Source: opensc.conf(5); drivers_notes/middleware.md#opensc.
"""

import os
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from cardtool.catalog import Card

OURS = Path(__file__).with_name("opensc.conf")
"""cardtool's own configuration, with which OpenSC caches and logs nothing."""

_FILES = ("/etc/opensc/opensc.conf", "/etc/opensc.conf", "/Library/OpenSC/etc/opensc.conf")
_SYSTEM = () if sys.platform == "win32" else tuple(map(Path, _FILES))
"""Where Debian, Fedora and macOS keep it. Source: their packages of OpenSC 0.23 to 0.26."""

_AS_SHIPPED = frozenset({"", "appdefault{frameworkpkcs15{}}", "appdefault{}"})
"""A shipped file without comments and blanks; anything else was changed by its owner.

Source: Debian 12, opensc 0.23.0, and Debian 13, opensc 0.26.1.
"""


@contextmanager
def environment(
    cards: Iterable[Card | None], *, wanted: Sequence[str], others: Iterable[str]
) -> Iterator[dict[str, str]]:
    """Give the variables to set before OpenSC is loaded; those that the user set stay.

    `cards` are the cards to read. `wanted` and `others` are names of readers. OpenSC is kept from
    the others: a mute card would keep it busy for seconds, and an unknown card for hundreds of
    commands.
    """
    drivers = {card.opensc_driver for card in cards if card}
    named = min(drivers - {None}, default="", key=str) or ""
    settings = {"OPENSC_DRIVER": named} if named and "OPENSC_DRIVER" not in os.environ else {}
    if "OPENSC_CONF" in os.environ or any(map(is_changed, _SYSTEM)):
        yield settings
        return
    lines = []
    if settings and None in drivers:  # the variable would take the other cards' drivers away
        lines, settings = [f"card_drivers = {named}, internal;"], {}
    if ignored := ignorable(wanted, others):
        names = ", ".join(f'"{name}"' for name in ignored)
        lines.append(f"ignored_readers = {names};")
    with _file(lines) as file:
        yield {**settings, "OPENSC_CONF": str(file)}


@contextmanager
def _file(lines: list[str]) -> Iterator[Path]:
    """Give our configuration with more lines; without them if no file can be made."""
    if not lines:
        yield OURS
        return
    from tempfile import TemporaryDirectory  # noqa: PLC0415 - rarely needed, slow to import

    file = OURS
    with ExitStack() as stack:
        with suppress(OSError):
            folder = stack.enter_context(TemporaryDirectory(prefix="cardtool-"))
            start = "app default {"
            text = OURS.read_text().replace(start, "\n\t".join((start, *lines)), 1)
            Path(folder, OURS.name).write_text(text, encoding="utf-8")
            file = Path(folder, OURS.name)
        yield file


def ignorable(wanted: Sequence[str], others: Iterable[str]) -> tuple[str, ...]:
    """Return the readers among `others` that OpenSC can be kept from.

    OpenSC ignores each reader whose name contains one of the texts. So these names are part of no
    wanted reader's name, and can be written into its configuration.
    """
    return tuple(
        name
        for name in others
        if name.isprintable()
        and not set(name) & {'"', "\\"}
        and not any(name in other for other in wanted)
    )


def is_changed(file: Path) -> bool:
    """Tell whether the system's configuration file says more than the shipped one."""
    try:
        text = file.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return False
    return re.sub(r"#.*|\s", "", text) not in _AS_SHIPPED
