# SPDX-License-Identifier: Apache-2.0
"""Whoever issued the certificate decides where its holder goes: no road of another provider."""

import re
from datetime import datetime
from pathlib import Path

import pytest

from cardtool.catalog import providers
from cardtool.model.certificate import Attribute, Name
from cardtool.model.diagnosis import Actor, Diagnosis, Finding
from cardtool.model.turkey import folded
from cardtool.rules import diagnose
from cardtool.rules.codes.steps import ELSEWHERE, PROCEDURES
from cardtool.rules.desk import all_nes
from cardtool.rules.kinds import KAMU_SM, provider
from cardtool.text import LANGUAGES, Text, load_words
from tests.described import FILES, read
from tests.required import text as words
from tests.test_catalog import cited

_KAMU_SM = re.compile(
    r"(?i)kamu ?sm|444 5 576|NES \(E-imza\)|NES İşl|three months|üç ay|renewal opens"
)
_OWN = re.compile(
    r"\{(provider_phone|provider_page|online_page|driver_page|reader_form|payment_page|"
    r"paper_address|issuer_host)\}"
)
every_language = pytest.mark.parametrize("language", LANGUAGES)
every_provider = pytest.mark.parametrize("row", providers.load(), ids=lambda row: row.id)


def _name(example: str) -> Name:
    parts = (part.split("=", 1) for part in example.split(","))
    return Name(attributes=tuple(Attribute(type=kind, value=value) for kind, value in parts))


def _said(found: Finding, text: Text) -> str:
    steps = (text.step(step, found.facts | found.road) for step in found.steps)
    return " ".join([text.says(found), text.means(found.code), *steps])


def _issuers(diagnosis: Diagnosis) -> set[str]:
    return {provider(nes.certificate) for nes in all_nes(diagnosis.snapshot)}


@every_provider
def test_each_issuer_is_told_and_told_as_nobody_else(row: providers.Provider) -> None:
    assert all(providers.of_issuer(_name(example)) == row for example in row.examples)
    assert all(folded(word) == word for word in (*row.words, *row.names))


def test_an_issuer_whose_name_only_resembles_one_is_nobody_known() -> None:
    for other in ("CN=EBGuven,O=Y", "CN=GlobalSign", "O=TNB Elektronik İmza A.Ş.", "L=e-guven"):
        assert providers.of_issuer(_name(other)) is None


@every_provider
def test_each_way_stands_in_the_notes(row: providers.Provider) -> None:
    notes = cited(row.source)

    for way in filter(None, (row.home, row.phone)):
        assert way in notes
    for part in filter(None, row.renewal.split(" → ")[1:]):
        assert part in notes


@every_language
def test_each_step_with_a_fact_of_kamu_sm_has_one_for_other_providers(language: str) -> None:
    """A new step that names Kamu SM's pages fails here until it stands in the table."""
    steps = load_words(language)["step"]
    of_kamu_sm = {
        code for code, words in steps.items() if _OWN.search(words["says"]) or "Kamu" in str(words)
    }

    assert of_kamu_sm <= set(ELSEWHERE)
    assert not of_kamu_sm & set(ELSEWHERE.values())
    assert not set(PROCEDURES) & set(ELSEWHERE.values())


@every_language
@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_no_desk_is_shown_the_road_of_another_provider(file: Path, language: str) -> None:
    case, text = read(file), words(language, "default")
    diagnosis = diagnose(case.desk(), case.at)
    issuers, homes = _issuers(diagnosis), {row.name: row.home for row in providers.load()}

    for found in diagnosis.findings:
        if found.road:
            assert not found.procedures
            if found.code != "nes-other-provider":
                assert not _KAMU_SM.search(_said(found, text)), found.code
        if issuers:
            said = _said(found, text)
            others = [home for name, home in homes.items() if name not in issuers]
            assert not [home for home in others if home in said], found.code
    if issuers and KAMU_SM not in issuers:
        assert all(each.road for each in diagnosis.findings if set(each.steps) & set(ELSEWHERE))


@every_language
@pytest.mark.parametrize(
    ("stem", "told"),
    [
        ("provider-e-guven-expiring", "E-Güven (https://www.e-guven.com)"),
        ("provider-e-imzatr-expiring", "E-İmzaTR (https://e-imzatr.com.tr, 0312 242 01 11)"),
        ("provider-unknown-expiring", "ÖRNEK GÜVEN A.Ş."),
        (
            "provider-turktrust-locked",
            "TÜRKTRUST (https://www.turktrust.com.tr, sertifika@turktrust.com.tr)",
        ),
        (
            "provider-etoken-unread",
            "TÜRKTRUST (https://www.turktrust.com.tr, sertifika@turktrust.com.tr) / E-Tuğra (",
        ),
    ],
)
def test_another_providers_holder_is_told_whom_to_ask(stem: str, told: str, language: str) -> None:
    case = next(read(file) for file in FILES if file.stem == stem)
    found = diagnose(case.desk(), case.at).deciding

    assert told in _said(found, words(language, "default"))


@every_language
def test_when_a_renewal_opens_is_told_to_kamu_sms_holders_only(language: str) -> None:
    for stem, is_told in (("provider-turktrust-well", False), ("sound", True)):
        case = next(read(file) for file in FILES if file.stem == stem)
        found = diagnose(case.desk(), case.at).deciding
        opens = words(language, "default").moment(
            datetime.fromisoformat(str(found.facts["opens_at"]))
        )

        assert found.code == "nes-valid"
        assert (opens in _said(found, words(language, "default"))) is is_told


@every_language
@pytest.mark.parametrize("actor", Actor)
def test_no_heading_above_steps_names_kamu_sm(actor: Actor, language: str) -> None:
    assert not _KAMU_SM.search(words(language, "default").label(f"actor-{actor.value}"))
