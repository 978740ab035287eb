#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Measures how many cards of pcsc-tools' list cardtool names, and how many of them wrongly.

The list is that of the package pcsc-tools, or the file that is named; it is read where it is. With
`--write`, the counts below the headings of drivers_notes/foreign-cards.md are written anew.
"""

import argparse
import re
from collections import Counter, defaultdict
from pathlib import Path

from cardtool import catalog

LIST = Path("/usr/share/pcsc/smartcard_list.txt")
NOTES = Path(__file__).parent.parent / "drivers_notes/foreign-cards.md"
SIGNING = ("eID", "PKI", "HealthCare")
OTHERS = ("Bank", "Telecommunication", "Pay TV", "Transport")
CANNOT_SIGN = ("payment", "sim")
AKIS = re.compile(r"\bAK[iİI]S\b|UEKAE|TCKK", re.IGNORECASE)

Entry = tuple[str, str]


def entries(path: Path) -> list[Entry]:
    """Read each ATR with its text in one line; digits that the list leaves open count as 0."""
    found: list[tuple[str, list[str]]] = []
    for line in path.read_text("utf-8").splitlines():
        if re.match("3[BF]", line):
            found.append((line.replace(" ", "").replace(".", "0").upper(), []))
        elif line.strip() and not line.startswith("#") and found:
            found[-1][1].append(line.strip())
    return [(atr, " | ".join(text)) for atr, text in found]


def has(text: str, tags: tuple[str, ...]) -> bool:
    """Tell whether the list marks an entry so."""
    return any(f"({tag})" in text for tag in tags)


def counts(found: list[Entry]) -> str:
    """Say how many entries a row names, and of which kinds."""
    kinds = Counter(
        "signing" if has(text, SIGNING) else "other" if has(text, OTHERS) else "unmarked"
        for _, text in found
    )
    return (
        f"Names {len(found)} entries: {kinds['signing']} marked eID, PKI or health, "
        f"{kinds['other']} bank, phone, television or travel."
    )


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("list", nargs="?", type=Path, default=LIST)
    parser.add_argument("--write", action="store_true")
    asked = parser.parse_args()
    listed = entries(asked.list)
    named: dict[str, list[Entry]] = defaultdict(list)
    families: dict[str, str] = {}
    for atr, text in listed:
        if (card := catalog.card_for(atr)) is not None:
            named[card.id].append((atr, text))
            families[atr] = card.family
    signing = [atr for atr, text in listed if has(text, SIGNING)]
    hidden = [atr for atr in signing if families.get(atr) in CANNOT_SIGN]
    akis = [atr for atr, text in listed if AKIS.search(text)]
    known = [atr for atr in signing if atr in families]
    print(f"entries: {len(listed)}, named: {len(families)}")
    print(
        f"called AKİS or UEKAE: {len(akis)}, named so: {sum(families[a] == 'akis' for a in akis)}"
    )
    print(f"named AKİS in all: {list(families.values()).count('akis')}")
    print(
        f"eID, PKI or health: {len(signing)}, named: {len(known)} = {len(known) / len(signing):.1%}"
    )
    print(f"of these called bank or SIM: {len(hidden)}", *hidden)
    for card in catalog.foreign().cards:
        print(f"{card.id}: {counts(named[card.id])}")
    if asked.write:
        text = NOTES.read_text("utf-8")
        for card_id, found in named.items():
            section = re.compile(rf"(^## {card_id}\n\n)Names .*?\n\n", re.MULTILINE | re.DOTALL)
            text = section.sub(rf"\g<1>{counts(found)}\n\n", text)
        NOTES.write_text(text, "utf-8")


if __name__ == "__main__":
    main()
