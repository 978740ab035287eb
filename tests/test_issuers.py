# SPDX-License-Identifier: Apache-2.0
"""The roots of the catalogue are written as they must be, and their notes have them."""

import re
from pathlib import Path

import pytest

from cardtool.catalog import Issuer, issuers
from cardtool.probe.online.chain import anchors

NOTES = Path(__file__).parent.parent / "drivers_notes"


@pytest.mark.parametrize("issuer", issuers(), ids=lambda issuer: issuer.id)
def test_a_root_stands_in_the_notes_letter_by_letter(issuer: Issuer) -> None:
    page, _, heading = issuer.source.partition("#")
    text = (NOTES / page).read_text("utf-8")

    assert heading == issuer.id
    assert f"\n## {heading}\n" in text
    for value in (issuer.name, issuer.sha256, issuer.key_id, *issuer.urls):
        assert value in text
    assert re.fullmatch("[0-9A-F]{64}", issuer.sha256)
    assert re.fullmatch("[0-9A-F]{40}", issuer.key_id)
    assert all(url.startswith(("http://", "https://")) for url in issuer.urls)


def test_ids_and_fingerprints_are_unique() -> None:
    assert len({each.id for each in issuers()}) == len(issuers())
    assert len({each.sha256 for each in issuers()}) == len(issuers())


def test_a_sites_roots_stand_beside_those_of_the_catalogue() -> None:
    own = "ab" * 32

    assert anchors((own,)) == {own.upper(): own.upper(), **anchors(())}
    assert set(anchors(())) == {each.sha256 for each in issuers()}
