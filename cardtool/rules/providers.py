# SPDX-License-Identifier: Apache-2.0
"""Whose certificate a finding is about: another provider's holders go another way than Kamu SM's.

The issuer decides. Where no certificate could be read, a family of cards that Kamu SM never uses
says as much; any other card may be anybody's.
"""

from collections.abc import Iterable, Iterator

from cardtool.catalog import providers
from cardtool.model.diagnosis import Finding
from cardtool.model.snapshot import Snapshot
from cardtool.rules import desk
from cardtool.rules.codes import elsewhere
from cardtool.rules.kinds import KAMU_SM, provider

_Road = dict[str, str]


def with_roads(findings: Iterable[Finding], snapshot: Snapshot) -> Iterator[Finding]:
    """Yield findings in their order, with the steps that their certificate's provider has."""
    by_reader: dict[str, list[desk.Held]] = {}
    for place in desk.places(snapshot):
        by_reader.setdefault(place.name, []).extend(place.nes)
    every = [nes for held in by_reader.values() for nes in held]
    seats = {seat.reader: seat.card.family for seat in desk.signing_seats(snapshot)}
    for given in findings:
        reader = given.facts.get("reader")
        held = every if reader is None else by_reader.get(str(reader), [])
        about = [nes for nes in held if _is_about(given, nes)] or held
        if about:
            roads = [_road_of(nes) for nes in about]
        else:
            named = {reader} if reader is not None else set(seats)
            roads = [_road_on(seats[name]) for name in named if name in seats]
        first = roads[0] if roads else {}
        yield elsewhere(given, first) if first and all(r == first for r in roads) else given


def _is_about(given: Finding, nes: desk.Held) -> bool:
    facts = given.facts
    return (
        facts.get("sha256", nes.sha256) == nes.sha256
        and facts.get("holder", nes.certificate.holder) == nes.certificate.holder
    )


def _road_of(nes: desk.Held) -> _Road:
    """Return how to reach who issued a certificate; empty: Kamu SM."""
    if (name := provider(nes.certificate)) == KAMU_SM:
        return {}
    known = providers.of_issuer(nes.certificate.issuer)
    return {
        "own_provider": known.contact if known else name,
        "own_renewal": known.renewing if known else name,
    }


def _road_on(family: str) -> _Road:
    """Return who may have issued what is on a card; empty: Kamu SM too."""
    known = providers.on_family(family)
    names = ", ".join(one.contact for one in known)
    if any(one.name == KAMU_SM for one in known):
        return {}
    return {"own_provider": names, "own_renewal": names} if names else {}
