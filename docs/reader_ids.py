# SPDX-License-Identifier: Apache-2.0
"""Writes cardtool/catalog/reader_ids.tsv from the lists of libccid and of ACS's driver.

usage: python docs/reader_ids.py LIBCCID_PLIST LIBCCID_RULES ACSCCID_PLIST ACSCCID_RULES

Ids, names and sections are the lists'. What kind of thing an id is stands in no list: that column
is kept by hand, and an id that is new comes as a slot.
"""

import plistlib
import re
import sys
from collections.abc import Iterator
from pathlib import Path

_FILE = Path(__file__).parents[1] / "cardtool" / "catalog" / "reader_ids.tsv"

_OPENS = {"0DB5:0138": "should-work", "072F:2200": "unsupported"}
"""The first id of the second and of the third section. Source: libccid 1.8.4."""

_RULE = re.compile(r'ATTRS\{idVendor\}=="(\w+)", ATTRS\{idProduct\}=="(\w+)", GROUP')
"""The udev rule that readers without the class CCID need."""


def _listed(plist: Path) -> Iterator[tuple[str, str]]:
    """Yield id and name of each reader that a driver lists, in its order."""
    values = plistlib.loads(plist.read_bytes())
    keys = ("ifdVendorID", "ifdProductID", "ifdFriendlyName")
    for vendor, product, name in zip(*(values[key] for key in keys), strict=True):
        yield f"{int(vendor, 16):04X}:{int(product, 16):04X}", " ".join(name.split())


def main(libccid: Path, libccid_rules: Path, acsccid: Path, acsccid_rules: Path) -> None:
    """Write the file, with the kinds that it has."""
    lines = [line.split("\t") for line in _FILE.read_text("utf-8").splitlines()[2:]]
    kinds = {line[0]: line[4] for line in lines}
    rules = _RULE.findall(libccid_rules.read_text("utf-8") + acsccid_rules.read_text("utf-8"))
    without_class = {f"{vendor}:{product}".upper() for vendor, product in rules}
    rows: dict[str, list[str]] = {}
    section = "supported"
    for usb, name in _listed(libccid):
        section = _OPENS.get(usb, section)
        rows[usb] = [section, "-", name]
    for usb, name in _listed(acsccid):
        rows.setdefault(usb, ["-", "-", name])[1] = "acs"
    of_ccid = sum(row[0] != "-" for row in rows.values())
    of_acs = sum(row[1] != "-" for row in rows.values())
    head = f"# libccid: {of_ccid} ids; acsccid: {of_acs}; {len(rows)} in all"
    body = ["# usb\tlibccid\tacsccid\tclass\tkind\tname"]
    for usb, (ccid, acs, name) in sorted(rows.items()):
        interface = "FF" if usb in without_class else "0B"
        body.append("\t".join((usb, ccid, acs, interface, kinds.get(usb, "slot"), name)))
    _FILE.write_text("\n".join((head, *body, "")), "utf-8")


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:5]))
