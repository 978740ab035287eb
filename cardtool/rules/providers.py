# SPDX-License-Identifier: Apache-2.0
"""Gives findings the steps of the certificate's provider, if that is not Kamu SM.

The issuer decides. If no certificate could be read, a family of cards that Kamu SM never uses
decides; any other card may be from any provider.
"""

import functools
from collections.abc import Iterable, Iterator, Mapping
from itertools import product

from cardtool import catalog
from cardtool.catalog import providers
from cardtool.model.diagnosis import Finding
from cardtool.model.snapshot import Snapshot
from cardtool.rules import desk
from cardtool.rules.codes import elsewhere, of_other_card
from cardtool.rules.kinds import KAMU_SM, SEALS, provider

_Road = dict[str, str]

_Whose = tuple[object, object, object]
"""Reader, fingerprint and holder of a certificate; None: any."""

_SEVERAL = 2

_AKIS = frozenset({"akisp11", "tckkp11"})
"""Modules of the packages that TÜBİTAK gives out."""


def with_roads(findings: Iterable[Finding], snapshot: Snapshot) -> Iterator[Finding]:
    """Yield findings in their order, with the steps that their certificate's provider has."""
    of_certificates: dict[_Whose, list[_Road]] = {}
    for place in desk.places(snapshot):
        for seal in place.certificates:
            if seal.kind in SEALS:
                mine = (place.name, None, seal.certificate.holder)
                _add(_road_of(seal), of_certificates.setdefault(mine, []))
        for nes in place.nes:
            road = _road_of(nes)
            facts = ((place.name, None), (nes.sha256, None), (nes.certificate.holder, None))
            for known in product(*facts):
                _add(road, of_certificates.setdefault(known, []))
    of_cards: dict[object, list[_Road]] = {}
    for seat in desk.signing_seats(snapshot):
        road = _road_on(seat.card.family)
        for name in (seat.reader, None):
            _add(road, of_cards.setdefault(name, []))
    cards = {seat.reader: seat.card for seat in desk.seats(snapshot)}
    has_roads = any(map(any, (*of_certificates.values(), *of_cards.values())))
    for given in findings:
        is_other = bool(given.steps) and _is_of_another_driver(given, cards)
        fitted = of_other_card(given) if is_other else given
        roads = _roads_of(given, of_certificates, of_cards) if has_roads else []
        yield elsewhere(fitted, roads[0]) if len(roads) == 1 and roads[0] else fitted


def _roads_of(
    given: Finding,
    of_certificates: Mapping[_Whose, list[_Road]],
    of_cards: Mapping[object, list[_Road]],
) -> list[_Road]:
    """Return the roads of the certificates that a finding is about, else those of the card."""
    reader, sha256, holder = map(given.facts.get, ("reader", "sha256", "holder"))
    whole = of_certificates.get((reader, sha256, holder))
    read = whole or of_certificates.get((reader, None, None))
    return read or of_cards.get(reader, [])


def _is_of_another_driver(given: Finding, cards: Mapping[str, catalog.Card]) -> bool:
    """Tell whether the driver that a finding calls for is one of the catalogue and not AKİS.

    The card decides, where it is known: the driver that was tried may be the wrong one.
    """
    card = cards.get(str(given.facts.get("reader", "")))
    if card is not None:
        return not _AKIS.intersection(card.modules)
    known = catalog.module_at(str(given.facts.get("module", "")))
    return known is not None and known.id not in _AKIS


def _add(road: _Road, roads: list[_Road]) -> None:
    """Add a road, once. More than one road means that it is not known which one holds."""
    if len(roads) < _SEVERAL and road not in roads:
        roads.append(road)


def _road_of(nes: desk.Held) -> _Road:
    """Return how to reach who issued a certificate; empty: Kamu SM."""
    if (name := provider(nes.certificate)) == KAMU_SM:
        return {}
    known = providers.of_issuer(nes.certificate.issuer)
    return {
        "own_provider": known.contact if known else name,
        "own_renewal": known.renewing if known else name,
    }


@functools.cache
def _road_on(family: str) -> _Road:
    """Return who may have issued what is on a card; empty: it may be Kamu SM."""
    known = providers.on_family(family)
    names = " / ".join(one.contact for one in known)  # it is one of them
    if any(one.name == KAMU_SM for one in known):
        return {}
    return {"own_provider": names, "own_renewal": names} if names else {}
