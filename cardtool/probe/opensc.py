# SPDX-License-Identifier: Apache-2.0
"""How OpenSC is set up for a look: every reader, nothing cached, the card left as it was.

Source: opensc.conf(5); drivers_notes/middleware.md#opensc.
"""

import os
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from cardtool.catalog import Card

_OURS = Path(__file__).with_name("opensc.conf")

_SYSTEM = Path("/etc/opensc/opensc.conf")

_AS_SHIPPED = "appdefault{frameworkpkcs15{}}"
"""What is left of the shipped file without comments and blanks: an owner changed nothing."""

_START = "app default {"


@contextmanager
def environment(
    cards: Iterable[Card | None], *, wanted: Iterable[str], others: Iterable[str]
) -> Iterator[dict[str, str]]:
    """Give the variables to set before OpenSC is loaded; what the user set stays.

    `wanted` and `others` are names of readers: the others are left alone, for a mute card keeps
    OpenSC busy for seconds, and an unknown one for hundreds of commands.
    """
    settings: dict[str, str] = {}
    drivers = {card.opensc_driver for card in cards if card and card.opensc_driver}
    if drivers and "OPENSC_DRIVER" not in os.environ:
        settings["OPENSC_DRIVER"] = min(drivers)  # it takes one name, no list
    if "OPENSC_CONF" in os.environ or is_changed(_SYSTEM):
        yield settings
        return
    ignored = _ignorable(tuple(wanted), others)
    if not ignored:
        yield {**settings, "OPENSC_CONF": str(_OURS)}
        return
    from tempfile import TemporaryDirectory  # noqa: PLC0415 - rarely needed, slow to import

    with TemporaryDirectory(prefix="cardtool-") as folder:
        file = Path(folder) / _OURS.name
        line = ", ".join(f'"{name}"' for name in ignored)
        text = _OURS.read_text().replace(_START, f"{_START}\n\tignored_readers = {line};", 1)
        file.write_text(text, encoding="utf-8")
        yield {**settings, "OPENSC_CONF": str(file)}


def _ignorable(wanted: tuple[str, ...], others: Iterable[str]) -> tuple[str, ...]:
    """Keep the names that can be written down and are part of no wanted reader's name.

    OpenSC ignores each reader whose name contains one of the texts.
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
    return re.sub(r"#.*|\s", "", text) not in {"", _AS_SHIPPED}
