# SPDX-License-Identifier: Apache-2.0
"""Which steps each finding has, by system and by who issued the certificate, and who does them.

The table of docs/roads.md. Whose a step is, its own words say.
"""

import re
from collections.abc import Iterator
from itertools import groupby, product
from typing import NamedTuple

from cardtool.model.diagnosis import Actor
from cardtool.rules.codes import ROWS, elsewhere, finding, of_other_card, on_platform
from cardtool.text import LANGUAGES, load_words

_LINUX = (
    r"systemctl|journalctl|timedatectl|udev|pcscd|polkit|/etc/|\bLinux"
    r"|flatpak override|snap connect|\bSnap\b|libpcsclite"
)
_WINDOWS = r"\.msc\b|Windows|HKLM|Device Manager|Aygıt Yöneticisi|Task Scheduler|Görev Zaman"
_MAC = r"macOS|\bMac\b|defaults write|System Settings|Sistem Ayarları"
OF_OTHERS = {
    "linux": f"{_WINDOWS}|{_MAC}",
    "win32": rf"\bsudo\b|{_LINUX}|{_MAC}",
    "darwin": f"{_LINUX}|{_WINDOWS}",
}
"""System -> what the words of other systems' steps have in them."""

BOTH = ("session-wsl",)
"""Findings about a system inside another, whose steps are of both."""

SYSTEMS = {
    "Linux": ("linux", "x86_64"),
    "Linux on ARM": ("linux", "aarch64"),
    "Windows": ("win32", "AMD64"),
    "Windows on ARM": ("win32", "aarch64"),
    "Mac (Intel)": ("darwin", "x86_64"),
    "Mac (Apple silicon)": ("darwin", "aarch64"),
}
KAMU_SM, OTHER = "Kamu SM", "another provider"
AKIS, ELSE = "AKİS", "another driver"


_Told = dict[tuple[str, str], list[str]]
"""Systems on which the steps are told, by provider and driver."""

_GROUPS: dict[str, tuple[tuple[str, str], ...]] = {
    "anybody": tuple(product((KAMU_SM, OTHER), (AKIS, ELSE))),
    KAMU_SM: ((KAMU_SM, AKIS), (KAMU_SM, ELSE)),
    OTHER: ((OTHER, AKIS), (OTHER, ELSE)),
    f"anybody, {ELSE}": ((KAMU_SM, ELSE), (OTHER, ELSE)),
    f"anybody, {AKIS}": ((KAMU_SM, AKIS), (OTHER, AKIS)),
    f"{KAMU_SM}, {AKIS}": ((KAMU_SM, AKIS),),
    f"{KAMU_SM}, {ELSE}": ((KAMU_SM, ELSE),),
    f"{OTHER}, {AKIS}": ((OTHER, AKIS),),
    f"{OTHER}, {ELSE}": ((OTHER, ELSE),),
}


class Road(NamedTuple):
    """The steps of one finding, in order, with who does each."""

    code: str
    system: str
    provider: str
    driver: str
    steps: tuple[str, ...]
    actors: tuple[Actor, ...]


def roads() -> Iterator[Road]:
    """Give the road of each finding that has steps, on each system that it can be found on."""
    for code, row in ROWS.items():
        if not row.steps:
            continue
        blank = finding(code, **dict.fromkeys(row.facts, "-"))
        for system, (platform, machine) in SYSTEMS.items():
            here = on_platform(blank, platform, machine)
            if (code in BOTH and platform == "linux") or not any(
                is_of_another(step, platform) for step in here.steps
            ):
                for driver, given in ((AKIS, here), (ELSE, of_other_card(here))):
                    yield Road(code, system, KAMU_SM, driver, given.steps, given.actors)
                    away = elsewhere(given, {"own_provider": "-", "own_renewal": "-"})
                    yield Road(code, system, OTHER, driver, away.steps, away.actors)


def is_of_another(step: str, platform: str) -> bool:
    """Tell whether the words of a step speak of another system."""
    words = (load_words(language)["step"][step]["says"] for language in LANGUAGES)
    return any(re.search(OF_OTHERS[platform], says) for says in words)


def page() -> Iterator[str]:
    """Give the parts of the page."""
    yield "# Roads"
    yield (
        "What is told to whom: each finding that has steps, by the system of the workstation, by "
        "who issued the certificate, and by the driver where that matters. A finding stands on "
        "more than one line where the steps differ. The words of findings and steps: "
        "[findings.md](findings.md). Where several readers, drivers or "
        "certificates are here, choosing among them comes first; where programs that may keep the "
        "card were seen, they are named. Where a reader is behind a hub, or the person's own one "
        "is empty, the steps say so. Every described workstation is held against this table."
    )
    lines = [
        "| finding | system | certificate of, driver | who does what, in this order |",
        "|---|---|---|---|",
    ]
    for code, some in groupby(roads(), lambda road: road.code):
        given: dict[tuple[tuple[str, ...], tuple[Actor, ...]], _Told] = {}
        every: dict[str, None] = {}
        for road in some:
            told = given.setdefault((road.steps, road.actors), {})
            told.setdefault((road.provider, road.driver), []).append(road.system)
            every[road.system] = None
        for (steps, actors), told in given.items():
            for providers, systems in _merged(told):
                where = "any" if len(every) == len(SYSTEMS) else ", ".join(every)
                here = where if systems == list(every) else ", ".join(systems)
                name = f"[{code}](findings.md#{code})"
                lines.append(f"| {name} | {here} | {providers} | {_told(steps, actors)} |")
    yield "\n".join(lines)


def _merged(told: _Told) -> Iterator[tuple[str, list[str]]]:
    """Give who has the same steps: on one line where their systems are the same."""
    left = dict(told)
    for name, pairs in _GROUPS.items():
        systems = [left.get(pair) for pair in pairs]
        if systems[0] is not None and all(each == systems[0] for each in systems):
            yield name, systems[0]
            for pair in pairs:
                del left[pair]


def _told(steps: tuple[str, ...], actors: tuple[Actor, ...]) -> str:
    parts = []
    for actor, some in groupby(zip(actors, steps, strict=True), lambda pair: pair[0]):
        parts.append(f"**{_WHO[actor]}** " + ", ".join(f"`{step}`" for _, step in some))
    return "; ".join(parts)


_WHO = {Actor.YOU: "you:", Actor.IT: "IT:", Actor.PROVIDER: "by calling the provider:"}
