# SPDX-License-Identifier: Apache-2.0
# ruff: noqa: C901, FBT001, PLR0913, PLR0917, PLR2004 - a fleet is made of shares and of parts
"""Makes the snapshots of a fleet that nobody has, one a line: seeded, streaming, realistic.

States are those of the practice cases, machines come in the few images a department installs,
and every personal value is hashed as a workstation sends it. The people are invented.
"""

import hashlib
import random
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import msgspec

from cardtool import practice
from cardtool.model.snapshot import Snapshot, decode
from tests.rig.certificates import tckn

NOW = datetime(2026, 10, 1, 9, 0, tzinfo=UTC)
"""The moment a fleet is made for: looks are from the two weeks before it."""

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
_DRIVERS = {"2.7": 8, "2.6": 3, "2.5": 1}

_HOLE = re.compile(r'"@([a-z_0-9]+)@"')


def _one(source: random.Random, weights: dict[Any, int]) -> Any:  # noqa: ANN401 - any of them
    return source.choices(tuple(weights), tuple(weights.values()))[0]


def snapshots(hosts: int, *, seed: int = 0, history: int = 0) -> Iterator[bytes]:
    """Yield one snapshot a host, compact and without a newline, after so many older ones."""
    forms: dict[tuple[Any, ...], Callable[[dict[str, str]], bytes]] = {}
    for age in range(history, -1, -1):
        for number in range(hosts):
            yield _snapshot(number, age, seed, forms)


def _snapshot(
    number: int,
    age: int,
    seed: int,
    forms: dict[tuple[Any, ...], Callable[[dict[str, str]], bytes]],
) -> bytes:
    of_host = random.Random(seed * 1_000_003 + number)  # noqa: S311 - a seed makes it again
    reader = _one(of_host, _READERS)
    image = (
        of_host.choice(("linux", "win32")),
        _one(of_host, _PYTHONS),
        _one(of_host, _DRIVERS),
    )
    release = _one(of_host, _SYSTEMS[image[0]])
    is_remembered, is_shared = of_host.random() < 0.8, of_host.random() < 0.04
    begins = NOW - of_host.random() * (_LIFE + timedelta(days=20))
    unit, person = int(of_host.random() ** 2 * 400), number - (of_host.random() < 0.05)
    of_look = random.Random((seed + 7) * 1_000_003 + number * 64 + age)  # noqa: S311
    state = _one(of_look, _STATES)
    taken = NOW - timedelta(
        days=30 * age + of_look.random() * (14 if of_look.random() < 0.97 else 90)
    )
    key = (state, reader, *image, release, is_remembered, is_shared and state == "sound")
    if key not in forms:
        forms[key] = _form(*key)
    return forms[key](
        {
            "taken": taken.astimezone(_TURKEY).isoformat(),
            "host": f"pc-{number:07d}",
            "host_id": _hash(f"host {seed} {number}", 32),
            "unit": f"Birim {unit:03d}",
            "elapsed": f"{0.4 + of_look.random() * 2:.3f}",
            "count": str(of_look.randrange(1, 400)),
            "good": (taken - timedelta(days=1 + of_look.random())).isoformat(),
            **_person("a", seed, person, begins),
            **_person("b", seed, person if state == "nes-superseded" else person + 10**8,
                      begins - timedelta(days=1060)),
        }
    )  # fmt: skip


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


def _form(
    state: str,
    reader: tuple[str, str, str, str],
    platform: str,
    python: str,
    driver: str,
    release: str,
    is_remembered: bool,
    is_shared: bool,
) -> Callable[[dict[str, str]], bytes]:
    """Return what fills the holes of one kind of snapshot."""
    desk = msgspec.json.decode(msgspec.json.encode(practice.load(state).snapshot))
    name, vendor, product, words = reader
    host = desk["host"]
    if not state.endswith("-windows") and state != "session-remote-desktop":
        host["platform"] = platform if state == "sound" else host["platform"]
    if host["platform"] == "linux":
        host |= {"pcsc_socket": "/run/pcscd/pcscd.comm"}
        host |= {"pcsc_drivers": [{"name": "ifd-ccid", "version": "1.5.2"}]}
    elif state == "sound":
        host |= {"pcscd": None}
        desk["modules"][0]["path"] = "C:\\Windows\\System32\\akisp11.dll"
        desk["modules"][0]["library"]["format"] = "pe"
    release = release if platform == host["platform"] else next(iter(_SYSTEMS[host["platform"]]))
    host |= {"name": "@host@", "release": release, "python": python}
    is_plugged = isinstance(desk["readers"], list) and bool(desk["readers"])
    if desk.get("usb") is None and is_plugged:
        device = {
            "vendor": vendor,
            "product": product,
            "name": words,
            "classes": ["0B"],
            "port": "1-2",
        }
        desk["usb"] = [device]
    if state == "reader-missing":
        desk["usb"] = []
    text = msgspec.json.encode(desk).decode()
    text = text.replace("ACS ACR39U ICC Reader 00 00", name)
    desk = msgspec.json.decode(text)
    for module in desk["modules"]:
        _equip(module, driver)
    if is_shared:
        again = msgspec.json.decode(msgspec.json.encode(desk["readers"][0]))
        desk["readers"].append(again | {"name": name.replace("00 00", "01 00")})
        slot = msgspec.json.decode(msgspec.json.encode(desk["modules"][0]["slots"][0]))
        desk["modules"][0]["slots"].append(
            _other(slot | {"id": 1, "reader": name.replace("00 00", "01 00")})
        )
    for each in desk["readers"] if is_plugged else ():
        each["event_count"] = 0
    if is_remembered:
        desk["last_good"] = {
            "taken_at": "2026-01-01T00:00:00Z",
            "release": release,
            "readers": [re.sub(r" 0\d 00$", "", each["name"]) for each in desk["readers"]]
            if is_plugged
            else [name[:-6]],
            "modules": {"libakisp11.so": driver},
        }
    desk |= {
        "tool": "cardtool 0.1.0",
        "built_at": "2024-01-01T00:00:00Z",
        "origin": {
            "host_id": "@host_id@",
            "unit": "@unit@",
            "user": "@name_a@",
            "identity": "hashed",
        },
    }
    whole = msgspec.json.encode(_known(desk)).decode()
    whole = re.sub(r'"taken_at":"[^"]*","tool"', '"taken_at":"@taken@","tool"', whole)
    whole = re.sub(r'"taken_at":"2026-01-01T00:00:00Z"', '"taken_at":"@good@"', whole)
    whole = re.sub(r'"elapsed_s":[0-9.]+', '"elapsed_s":"@elapsed@"', whole)
    whole = re.sub(r'"event_count":0', '"event_count":"@count@"', whole)
    for who in "ab":
        for end in ("begins", "ends"):
            whole = whole.replace(_STAND_IN[end + who], f"@{end}_{who}@")
    return _filler(whole)


_STAND_IN = {
    "beginsa": "2001-01-01T00:00:00Z",
    "endsa": "2002-01-01T00:00:00Z",
    "beginsb": "2003-01-01T00:00:00Z",
    "endsb": "2004-01-01T00:00:00Z",
}


def _known(desk: dict[str, Any]) -> Snapshot:
    return decode(msgspec.json.encode(desk))


def _filler(text: str) -> Callable[[dict[str, str]], bytes]:
    parts = _HOLE.split(text)
    names = parts[1::2]
    bare = {"elapsed", "count"}

    def fill(values: dict[str, str]) -> bytes:
        parts[1::2] = [values[n] if n in bare else f'"{values[n]}"' for n in names]
        return "".join(parts).encode()

    return fill


def _equip(module: dict[str, Any], driver: str) -> None:
    """Give a driver its version, and each card certificates as providers make them."""
    if isinstance(module.get("info"), dict) and module["info"]["type"] == "info":
        module["info"]["version"] = driver
    slots = module.get("slots")
    for slot in slots if isinstance(slots, list) else ():
        token = slot.get("token")
        if not isinstance(token, dict) or token["type"] != "token":
            continue
        token |= {"label": "@token_a@", "serial": "@token_a@"}
        people = iter("ba" if len(token["certificates"]) > 2 else "a")
        for each in token["certificates"]:
            content = each["content"]
            if content["type"] == "certificate" and not content["is_ca"]:
                _fill(each, next(people, "a"))
            elif content["type"] == "certificate":
                content |= {"not_before_at": "2020-01-03T16:25:08Z", "subject_key_id": "C5" * 20}
                content |= {"not_after_at": "2035-08-06T16:25:08Z"}


def _fill(each: dict[str, Any], who: str) -> None:
    each |= {"label": f"@label_{who}@", "id": f"@key_{who}@", "sha256": f"@sha256_{who}@"}
    content = each["content"]
    content["subject"]["attributes"] = [
        {"type": "C", "value": "TR"},
        {"type": "serialNumber", "value": f"@number_{who}@"},
        {"type": "CN", "value": f"@name_{who}@"},
    ]
    content |= {
        "serial": f"@serial_{who}@",
        "not_before_at": _STAND_IN["begins" + who],
        "not_after_at": _STAND_IN["ends" + who],
        "subject_key_id": f"@key_{who}@",
        "authority_key_id": "A1" * 20,
        "policies": ["2.16.792.1.2.1.1.5.7.1.1"],
        "crl_urls": ["http://depo.kamusm.gov.tr/nes6/neshs_ec384.crl"],
        "ocsp_urls": ["http://ec384ocsp.kamusm.gov.tr"],
        "ca_issuer_urls": ["http://depo.kamusm.gov.tr/nes6/neshs_ec384.crt"],
    }


def _other(slot: dict[str, Any]) -> dict[str, Any]:
    """Return the same place with the card of another person in it."""
    text = msgspec.json.encode(slot).decode().replace("_a@", "_b@")
    for end in ("begins", "ends"):
        text = text.replace(_STAND_IN[end + "a"], _STAND_IN[end + "b"])
    return dict(msgspec.json.decode(text))
