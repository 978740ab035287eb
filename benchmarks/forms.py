# SPDX-License-Identifier: Apache-2.0
# ruff: noqa: C901, FBT001, PLR0912, PLR0913, PLR0917, PLR2004 - a desk is made of parts
"""Makes the text of each kind of snapshot of a fleet, with holes for what is each desk's own."""

import random
import re
from collections.abc import Callable
from typing import Any

import msgspec

from cardtool import practice
from cardtool.model.snapshot import Snapshot, decode

_HOLE = re.compile(r'"@([a-z_0-9]+)@"')
_SERIAL = re.compile(r"@reader_serial@")
_WITH_SERIALS = {"08E6", "076B"}
"""Makers whose readers have a serial number of their own, which pcscd puts into the name."""

_RELEASES = {"linux": "Pardus 23.2", "win32": "Windows 10 (10.0.19045)"}
"""Of a practice case that is of the other system."""

Fill = Callable[[dict[str, str]], bytes]
"""Makes a snapshot of the values for its holes."""


def form(
    state: str,
    reader: tuple[str, str, str, str],
    platform: str,
    python: str,
    driver: str,
    release: str,
    is_remembered: bool,
    is_shared: bool,
    odd: int | None = None,
) -> Fill:
    """Return what fills the holes of one kind of snapshot, or of the one desk with a number."""
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
    release = release if platform == host["platform"] else _RELEASES[host["platform"]]
    host |= {"name": "@host@", "release": release, "python": python}
    is_plugged = isinstance(desk["readers"], list) and bool(desk["readers"])
    if desk.get("usb") is None and is_plugged:
        desk["usb"] = [{"vendor": vendor, "product": product, "name": words, "classes": ["0B"]}]
    if state == "reader-missing":
        desk["usb"] = []
    is_numbered = host["platform"] == "win32" and host["session"].get("id") != 0
    _place(desk, is_numbered=is_numbered)
    text = msgspec.json.encode(desk).decode()
    if host["platform"] == "linux" and vendor in _WITH_SERIALS:
        name = name.replace(" 00 00", " (@reader_serial@) 00 00")
    text = text.replace("ACS ACR39U ICC Reader 00 00", name)
    desk = msgspec.json.decode(text)
    if odd is not None:
        _make_odd(desk, odd)
    for module in desk["modules"]:
        _equip(module, driver)
    if is_shared:
        _share(desk, name)
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
    if is_numbered:
        whole = whole.replace('"session":{"id":0', '"session":{"id":"@session@"', 1)
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


def _place(desk: dict[str, Any], *, is_numbered: bool) -> None:
    """Leave open where readers are plugged in, and the number of the session."""
    for each in desk["usb"] if isinstance(desk.get("usb"), list) else ():
        each["port"] = "@port@"
    if is_numbered:
        desk["host"]["session"]["id"] = 0  # stands for the hole, which is no number


def _share(desk: dict[str, Any], name: str) -> None:
    """Add a second reader, with the card of another person in it."""
    second = name.replace("00 00", "01 00")
    again = msgspec.json.decode(msgspec.json.encode(desk["readers"][0]))
    desk["readers"].append(again | {"name": second})
    slot = msgspec.json.decode(msgspec.json.encode(desk["modules"][0]["slots"][0]))
    desk["modules"][0]["slots"].append(_other(slot | {"id": 1, "reader": second}))


def _known(desk: dict[str, Any]) -> Snapshot:
    return decode(msgspec.json.encode(desk))


def _filler(text: str) -> Fill:
    parts = _HOLE.split(text)
    names = parts[1::2]
    bare = {"elapsed", "count", "session"}

    def fill(values: dict[str, str]) -> bytes:
        parts[1::2] = [values[n] if n in bare else f'"{values[n]}"' for n in names]
        return _SERIAL.sub(values["reader_serial"], "".join(parts)).encode()

    return fill


def _make_odd(desk: dict[str, Any], number: int) -> None:
    """Change what people change at their own desk: the system, programs, what is plugged in."""
    own = random.Random(number)  # noqa: S311 - a seed makes it again
    host, parts = desk["host"], own.sample(("system", "module", "usb", "driver", "clients"), 2)
    if "system" in parts:
        host |= {"release": f"Debian GNU/Linux 13 (built {number})", "python": "3.13.5"}
    if "module" in parts:
        path = f"/opt/imza-{number}/libakisp11.so"
        library = {"type": "failure", "api": "os", "name": "ENOENT", "code": 2, "detail": ""}
        desk["modules"].append({"path": path, "source": "configured", "library": library})
    if "usb" in parts and isinstance(desk.get("usb"), list):
        device = {"vendor": "072F", "product": f"{own.randrange(1 << 16):04X}", "port": "3-1"}
        desk["usb"].append(device | {"name": f"Device {number}", "classes": ["FF"]})
    if "driver" in parts:
        host["pcsc_drivers"] = [{"name": "ifd-ccid", "version": f"1.6.{own.randrange(99)}"}]
    if "clients" in parts:
        desk["clients"] = [{"pid": own.randrange(300, 40_000), "name": f"imza-{number}"}]


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
