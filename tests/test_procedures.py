# SPDX-License-Identifier: Apache-2.0
"""Procedures are whole for everybody, tell what an institution asks; findings lead there."""

import re
import string
from datetime import date
from pathlib import Path

import pytest
from msgspec import structs

from cardtool.catalog import procedures
from cardtool.model.diagnosis import Actor
from cardtool.model.procedure import KEYS, Fact, Institution, Payer, Procedure, Role, Step, confirm
from cardtool.rules import diagnose
from cardtool.rules.codes import ROWS, finding
from cardtool.rules.codes.steps import PROCEDURES, TO_EMPTY
from cardtool.text import LANGUAGES, Text, load_words
from cardtool.views import view
from tests.described import FILES, read
from tests.required import PLACE, Told, Withheld, load, text

NOTES = Path(__file__).parent.parent / "drivers_notes"
REQUIRED = load()
STEPS = {step.code for each in procedures.load().values() for step in each.steps}

every_language = pytest.mark.parametrize("language", LANGUAGES)
every_procedure = pytest.mark.parametrize(
    "procedure", procedures.load().values(), ids=procedures.load()
)
every_place = pytest.mark.parametrize("place", procedures.SHIPPED)
every_role = pytest.mark.parametrize("role", [None, *Role])


def _placeholders(pattern: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(pattern) if name is not None}


def test_there_are_these_procedures() -> None:
    assert list(procedures.load()) == [
        "first-application",
        "renewal",
        "lost-or-stolen",
        "order-reader",
        "unlock-pin",
        "certificate-update",
        "warranty",
    ]


@every_language
def test_every_procedure_step_and_thing_at_hand_has_words_and_no_other_has(language: str) -> None:
    words = load_words(language)
    at_hand = {code for each in procedures.load().values() for code in each.at_hand}

    assert set(words["procedure"]) == set(procedures.load())
    assert all(set(parts) == {"title", "says", "takes"} for parts in words["procedure"].values())
    assert set(words["guide"]) == STEPS
    assert set(words["at-hand"]) == at_hand


@every_language
@every_procedure
def test_a_sentence_tells_the_facts_that_its_step_lists(
    procedure: Procedure, language: str
) -> None:
    words = load_words(language)

    for step in procedure.steps:
        told = _placeholders(words["guide"][step.code]["says"]) - {"command"}
        assert told == set(step.facts), step.code
    for part in words["procedure"][procedure.name].values():
        assert not _placeholders(part)


@every_procedure
def test_a_procedure_names_known_keys_and_its_source(procedure: Procedure) -> None:
    page, _, heading = procedure.source.partition("#")
    headings = re.findall(r"(?m)^#+ (.+)$", (NOTES / page).read_text("utf-8"))

    assert heading in [each.lower().replace(" ", "-") for each in headings]
    for step in procedure.steps:
        assert {*step.facts, *step.needs, *step.unless} <= set(KEYS), step.code
        assert not {*step.facts, *step.needs} & set(step.unless), step.code


@every_language
@every_place
@every_role
@every_procedure
def test_a_guide_is_whole_for_everybody_everywhere(
    procedure: Procedure, role: Role | None, place: str, language: str
) -> None:
    guide = procedures.guide(procedure, role, procedures.institution(place))
    said = [text(language, place).guide(step.code) for step in guide.steps]

    assert len(said) >= 4
    assert len(said) <= 18, "one page"
    assert len(set(said)) == len(said)
    assert not any("…" in each or "{" in each for each in said)
    assert guide.at_hand
    assert all(text(language, place).at_hand(code) for code in guide.at_hand)


@every_procedure
def test_a_guide_for_all_has_the_steps_of_every_role_in_order(procedure: Procedure) -> None:
    place = procedures.institution(PLACE)
    every = procedures.guide(procedure, None, place).steps

    for role in Role:
        own = procedures.guide(procedure, role, place).steps
        assert own == tuple(each for each in every if not each.roles or role in each.roles)


def test_no_fact_of_one_institution_is_told_in_another() -> None:
    own = {
        fact.value
        for key, fact in procedures.institution(PLACE).facts.items()
        if key not in procedures.institution().facts
    }
    nationwide = text("tr", "default")

    assert len(own) == 12
    for procedure in procedures.load().values():
        guide = procedures.guide(procedure, None, procedures.institution())
        page = " ".join(nationwide.guide(step.code) for step in guide.steps)
        assert not [value for value in own if value in page]
        assert "Kırıkkale" not in page


@every_place
def test_every_fact_of_a_profile_is_told_by_some_step(place: str) -> None:
    institution = procedures.institution(place)
    guides = (procedures.guide(each, None, institution) for each in procedures.load().values())
    told = {key for guide in guides for step in guide.steps for key in step.facts}
    for sentence in load_words("tr")["step"].values():
        told |= _placeholders(sentence["says"])

    assert set(institution.facts) - told == set()


def _id(each: Told | Withheld) -> str:
    return f"{each.procedure}: {each.what}"


@pytest.mark.parametrize("told", REQUIRED.told, ids=_id)
def test_what_an_institution_asks_for_is_told_where_it_belongs(told: Told) -> None:
    assert told.number() is not None
    assert told.wrong() == []
    assert told.shows
    assert not told.first or told.number() == 1


@pytest.mark.parametrize("withheld", REQUIRED.withheld, ids=_id)
def test_nobody_is_told_to_do_what_is_for_others(withheld: Withheld) -> None:
    assert set(withheld.never) <= STEPS
    assert withheld.shown() == set()


def test_what_is_required_and_has_no_place_is_noticed() -> None:
    first = REQUIRED.told[0]

    assert structs.replace(first, step="hand-in").number() is None
    for wrong in (
        structs.replace(first, shows=("nowhere",)),
        structs.replace(first, shows_en=("nowhere",)),
        structs.replace(first, not_shows=("NES",)),
        structs.replace(first, facts={"price_page": first.facts["price_page"][:-1]}),
        structs.replace(first, facts={"iban": procedures.institution(PLACE).facts["iban"].value}),
        structs.replace(first, payer=Payer.NOBODY),
        structs.replace(first, after="print-form"),
        structs.replace(first, after="nowhere"),
    ):
        assert len(wrong.wrong()) == 1, wrong
    assert structs.replace(REQUIRED.withheld[0], never=("hand-in",)).shown() == {"hand-in"}


@pytest.mark.parametrize(
    "key", sorted(set(procedures.institution(PLACE).facts) - set(procedures.institution().facts))
)
def test_every_fact_of_the_institution_is_among_what_must_be_told(key: str) -> None:
    assert any(key in told.facts for told in REQUIRED.told)


def _evidence(told: Told) -> tuple[bool, bool]:
    """Tell whether who pays and what stands in English are written down for a step."""
    step = told.shown()
    rows = [
        each
        for each in REQUIRED.told
        if (each.procedure, each.step, each.role) == (told.procedure, told.step, told.role)
    ]
    paid = [each.payer for each in rows if each.payer]
    return (set(paid) == ({step.payer} if step.payer else set()), any(x.shows_en for x in rows))


@pytest.mark.parametrize("told", REQUIRED.told, ids=_id)
def test_who_pays_and_where_papers_go_is_held_in_both_languages(told: Told) -> None:
    step = told.shown()
    goes = step.payer or confirm(step, told.guide().institution) or "unit" in step.facts

    payer, english = _evidence(told)

    assert payer
    assert english or not (goes or told.step.startswith("wait-"))


def test_every_step_that_costs_is_among_what_must_be_told() -> None:
    place = procedures.institution(PLACE)
    guides = [procedures.guide(each, None, place) for each in procedures.load().values()]
    paid = {(each.name, step.code) for each in guides for step in each.steps if step.payer}

    assert paid - {(told.procedure, told.step) for told in REQUIRED.told} == {
        ("certificate-update", "pay-by-card"),
        ("warranty", "free-replacement"),
    }


def test_money_depends_on_these_facts() -> None:
    assert {name for name, key in KEYS.items() if key.money} == {
        "payment_page",
        "payment_bank",
        "price_page",
        "account_holder",
        "bank",
        "branch",
        "iban",
        "receipt_first",
        "receipt_renewal",
    }


def test_forms_are_posted_to_the_address_that_was_published() -> None:
    assert procedures.institution().facts["paper_address"].value == (
        "TÜBİTAK BİLGEM Kamu Sertifikasyon Merkezi, Barış Mahallesi, Doktor Zeki Acar Caddesi, "
        "TÜBİTAK Gebze Yerleşkesi, BİLGEM İdari Bina, Posta Kutusu 74, 41470 Gebze, Kocaeli"
    )


@every_role
@pytest.mark.parametrize("name", procedures.load())
def test_one_way_of_signing_and_one_way_of_waiting_are_told(name: str, role: Role | None) -> None:
    """Where the institution collects the paper nobody is told to sign on the screen instead."""
    codes = {
        step.code
        for step in procedures.guide(
            procedures.load()[name], role, procedures.institution(PLACE)
        ).steps
    }

    assert not {"sign-form", "sign-online"} <= codes
    assert not {"wait-for-courier", "wait-after-papers"} <= codes
    assert not codes & {"post-form", "post-after-end", "use-at-once", "keep-old-card"} or (
        name == "certificate-update"
    )


@every_place
@every_role
def test_a_lost_card_is_closed_by_telephone_before_anything_else(
    role: Role | None, place: str
) -> None:
    guide = procedures.guide(
        procedures.load()["lost-or-stolen"], role, procedures.institution(place)
    )

    assert guide.steps[0].code == "call-to-revoke"
    assert "444 5 576" in text("tr", place).guide(guide.steps[0].code)
    assert Payer.YOU in [step.payer for step in guide.steps]


@pytest.mark.parametrize("name", ["first-application", "renewal"])
def test_physicians_pay_and_staff_do_not(name: str) -> None:
    place = procedures.institution(PLACE)
    payers = {
        role: {step.payer for step in procedures.guide(procedures.load()[name], role, place).steps}
        for role in Role
    }

    assert payers == {
        Role.PHYSICIAN: {None, Payer.YOU},
        Role.STAFF: {None, Payer.INSTITUTION},
    }


@every_place
@every_procedure
def test_every_step_that_money_depends_on_is_to_be_confirmed(
    procedure: Procedure, place: str
) -> None:
    institution = procedures.institution(place)

    for step in procedures.guide(procedure, None, institution).steps:
        money = [key for key in step.facts if KEYS[key].money]
        told = confirm(step, institution)
        assert (told is None) == (not money), step.code
        assert told is None or told in [institution.facts[key] for key in money]


def test_of_several_facts_the_one_seen_longest_ago_is_to_be_confirmed() -> None:
    def seen(day: int) -> Fact:
        return Fact(value=str(day), source="s", checked=date(2026, 1, day))

    facts = {"iban": seen(3), "bank": seen(2), "unit": seen(1)}
    place = Institution(id="x", name="X", facts=facts)

    assert confirm(Step(code="pay", facts=("unit", "iban", "bank")), place) == seen(2)
    assert confirm(Step(code="pay", facts=("unit",)), place) is None
    assert confirm(Step(code="pay", facts=("branch",)), place) is None


def test_a_procedure_is_begun_by_the_step_of_some_finding() -> None:
    begun = {
        name for row in ROWS.values() for step in row.steps for name in PROCEDURES.get(step, ())
    }

    assert begun == set(procedures.load())
    steps = {step for row in ROWS.values() for step in row.steps}
    assert set(PROCEDURES) <= steps | set(TO_EMPTY.values())


@pytest.mark.parametrize(
    ("code", "named"),
    [
        ("nes-missing", ("first-application",)),
        ("certificates-missing", ("first-application",)),
        ("nes-expiring", ("renewal",)),
        ("nes-expiring-soon", ("renewal",)),
        ("nes-expiring-critical", ("renewal",)),
        ("nes-expired", ("renewal",)),
        ("nes-not-yet-valid", ("unlock-pin",)),
        ("nes-revoked", ("lost-or-stolen",)),
        ("reader-missing", ("order-reader",)),
        ("reader-driver-missing", ()),
        ("pin-locked", ("unlock-pin",)),
        ("pin-never-set", ("unlock-pin",)),
        ("pin-to-be-changed", ("unlock-pin",)),
        ("pin-and-puk-locked", ("certificate-update",)),
        ("card-worn", ("warranty", "certificate-update")),
        ("card-mute", ("warranty",)),
        ("desk-ready", ()),
    ],
)
def test_a_finding_leads_to_its_procedure(code: str, named: tuple[str, ...]) -> None:
    assert finding(code, **dict.fromkeys(ROWS[code].facts, "x")).procedures == named


@pytest.mark.parametrize(
    ("step", "procedure", "told"),
    [
        ("renew-online", "renewal", "fill-renewal"),
        ("renew-on-paper", "renewal", "print-after-end"),
        ("tell-officer", "renewal", "tell-end-to-officer"),
        ("ask-officer-anew", "renewal", "tell-end-to-officer"),
        ("newer-card-or-officer", "renewal", "tell-end-to-officer"),
        ("order-reader", "order-reader", "fill-reader-form"),
        ("address-reader", "order-reader", "write-address-in-full"),
        ("pay-reader", "order-reader", "pay-by-card"),
        ("unlock-pin", "unlock-pin", "choose-unlocking"),
        ("replace-card", "warranty", "report-fault-to-provider"),
    ],
)
def test_what_a_finding_advises_is_in_the_procedure(step: str, procedure: str, told: str) -> None:
    guide = procedures.guide(procedures.load()[procedure], None, procedures.institution())

    assert procedure in PROCEDURES[step]
    assert told in [each.code for each in guide.steps]


def test_a_diagnosis_in_json_carries_the_procedures_of_its_findings() -> None:
    case = next(read(path) for path in FILES if path.stem == "pin-locked")
    document = "".join(view("json")([diagnose(case.desk(), case.at)], Text("en")))

    assert '"procedures":["unlock-pin"]' in re.sub(r"\s", "", document)


@every_place
@every_procedure
def test_what_is_done_by_calling_the_provider_has_its_number(
    procedure: Procedure, place: str
) -> None:
    for step in procedures.guide(procedure, None, procedures.institution(place)).steps:
        assert (step.actor is Actor.PROVIDER) == ("provider_phone" in step.facts), step.code
