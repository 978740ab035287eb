# SPDX-License-Identifier: Apache-2.0
# ruff: noqa: PLR2004 - a fleet is made of shares
"""Makes the snapshots of a fleet that nobody has, one a line: seeded, streaming, realistic.

States are those of the practice cases, machines come in the few images a department installs, and
every personal value is hashed as a workstation sends it. What differs from office to office differs
here: the USB port, the number of the session, the serial number in a reader's name, the version of
a driver that is rolled out unit by unit; and a few desks are like no other. The people are
invented.
"""

import hashlib
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from forms import Fill, form

from tests.rig.certificates import tckn

NOW = datetime(2026, 10, 1, 9, 0, tzinfo=UTC)
"""The moment a fleet is made for: snapshots are from the two weeks before it."""

_TURKEY = timezone(timedelta(hours=3))
_LIFE = timedelta(days=3 * 365)

_STATES = {
    "sound": 690,
    "card-missing": 90,
    "reader-missing": 45,
    "nes-superseded": 30,
    "driver-missing": 20,
    "driver-missing-windows": 20,
    "service-stopped": 15,
    "session-remote-desktop": 15,
    "reader-driver-missing-windows": 10,
    "pin-final-try": 10,
    "pin-locked": 10,
    "driver-too-old": 10,
    "card-in-use": 10,
    "card-mute": 6,
    "pin-never-set": 5,
    "reader-blocked": 5,
    "card-pulled": 5,
    "card-not-for-signing-bank": 2,
    "driver-hung": 1,
    "driver-crashed": 1,
}
"""How many of a thousand desks are as a practice case is, beside the dates, which vary."""

_READERS = {
    ("ACS ACR39U ICC Reader 00 00", "072F", "B100", "ACR39U ICC Reader"): 6,
    ("Gemalto PC Twin Reader 00 00", "08E6", "3437", "GemPC Twin SmartCard Reader"): 2,
    ("Alcor Micro AU9540 00 00", "058F", "9540", "EMV Smartcard Reader"): 1,
    ("HID Global OMNIKEY 3x21 Smart Card Reader 00 00", "076B", "3031", "Smart Card Reader USB"): 1,
}
_SYSTEMS = {
    "linux": {
        "Pardus 23.2": 6,
        "Pardus 23.4": 8,
        "Debian GNU/Linux 12 (bookworm)": 1,
    },
    "win32": {
        "Windows 10 (10.0.19045)": 6,
        "Windows 11 (10.0.22631)": 8,
    },
}
_PYTHONS = {"3.11.2": 8, "3.12.6": 3, "3.13.0": 1}
_DRIVERS = ("2.5", "2.6", "2.7", "2.7.1")
"""Versions of the driver, the oldest first."""
_WAVES = (timedelta(days=75), timedelta(days=12), timedelta(days=4))
"""How long ago the newer versions were rolled out; the units follow each other in three waves."""
_BETWEEN_WAVES = timedelta(days=3)
_PORTS = tuple(f"{bus}-{hub}.{socket}" for bus in (1, 2) for hub in range(1, 5)
               for socket in range(1, 6))  # fmt: skip
_ODD = 0.03
"""Share of the desks that somebody equipped by hand."""


def _one(source: random.Random, weights: dict[Any, int]) -> Any:  # noqa: ANN401 - any of them
    return source.choices(tuple(weights), tuple(weights.values()))[0]


def snapshots(hosts: int, *, seed: int = 0, history: int = 0) -> Iterator[bytes]:
    """Yield one snapshot a host, compact and without a newline, after so many older ones."""
    forms: dict[tuple[Any, ...], Fill] = {}
    for age in range(history, -1, -1):
        for number in range(hosts):
            yield _snapshot(number, age, seed, forms)


def _snapshot(
    number: int,
    age: int,
    seed: int,
    forms: dict[tuple[Any, ...], Fill],
) -> bytes:
    of_host = random.Random(seed * 1_000_003 + number)  # noqa: S311 - a seed makes it again
    reader = _one(of_host, _READERS)
    image = (
        of_host.choice(("linux", "win32")),
        _one(of_host, _PYTHONS),
    )
    release = _one(of_host, _SYSTEMS[image[0]])
    is_remembered, is_shared = of_host.random() < 0.8, of_host.random() < 0.04
    begins = NOW - of_host.random() * (_LIFE + timedelta(days=20))
    unit, person = int(of_host.random() ** 2 * 400), number - (of_host.random() < 0.05)
    of_snapshot = random.Random((seed + 7) * 1_000_003 + number * 64 + age)  # noqa: S311
    state = _one(of_snapshot, _STATES)
    taken = NOW - timedelta(
        days=30 * age + of_snapshot.random() * (14 if of_snapshot.random() < 0.97 else 90)
    )
    driver = _driver(unit, taken)
    key = (state, reader, *image, driver, release, is_remembered, is_shared and state == "sound")
    if of_host.random() < _ODD:
        fill = form(*key, odd=number)
    else:
        fill = forms[key] if key in forms else forms.setdefault(key, form(*key))
    return fill(
        {
            "port": of_host.choice(_PORTS),
            "session": str(of_snapshot.randrange(1, 40)),
            "reader_serial": _hash(f"reader {seed} {number}", 8).upper(),
            "taken": taken.astimezone(_TURKEY).isoformat(),
            "host": f"pc-{number:07d}",
            "host_id": _hash(f"host {seed} {number}", 32),
            "unit": f"Birim {unit:03d}",
            "elapsed": f"{0.4 + of_snapshot.random() * 2:.3f}",
            "count": str(of_snapshot.randrange(1, 400)),
            "good": (taken - timedelta(days=1 + of_snapshot.random())).isoformat(),
            **_person("a", seed, person, begins),
            **_person("b", seed, person if state == "nes-superseded" else person + 10**8,
                      begins - timedelta(days=1060)),
        }
    )  # fmt: skip


def _driver(unit: int, taken: datetime) -> str:
    """Return the version of the driver that a unit had at a moment."""
    late = unit % 3 * _BETWEEN_WAVES
    return _DRIVERS[sum(taken >= NOW - wave + late for wave in _WAVES)]


def _hash(text: str, digits: int = 16) -> str:
    return hashlib.blake2b(text.encode(), digest_size=digits // 2).hexdigest()


def _person(who: str, seed: int, person: int, begins: datetime) -> dict[str, str]:
    """Return what stands in the holes of one certificate, as `hashed` leaves it."""
    name, card = f"{seed} {tckn(person % 100)} {person}", f"{seed} {person} {who} {begins}"
    begins = begins.replace(microsecond=0)
    return {
        f"number_{who}": f"~{_hash(name)}",
        f"name_{who}": f"~{_hash('name ' + name)}",
        f"token_{who}": f"~{_hash('token ' + card)}",
        f"label_{who}": f"~{_hash('label ' + card)}",
        f"serial_{who}": _hash("serial " + card, 32).upper(),
        f"key_{who}": _hash("key " + card, 40).upper(),
        f"sha256_{who}": _hash(card, 64).upper(),
        f"begins_{who}": f"{begins:%Y-%m-%dT%H:%M:%SZ}",
        f"ends_{who}": f"{begins + _LIFE:%Y-%m-%dT%H:%M:%SZ}",
    }
