# SPDX-License-Identifier: Apache-2.0
"""What people and programs are shown."""

import difflib
import json
import unicodedata
from datetime import UTC

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from cardtool.console import visible_json
from cardtool.model.diagnosis import Actor, Diagnosis, Finding, Severity
from cardtool.model.redact import mask
from cardtool.model.snapshot import Failure, Snapshot
from cardtool.rules import diagnose
from cardtool.rules.codes import ROWS, finding
from cardtool.text import LANGUAGES, Text
from cardtool.views import DIAGNOSIS, view
from cardtool.views.data import json as json_view
from cardtool.views.harmless import escape
from cardtool.views.paper import Paper
from cardtool.views.people import contents
from cardtool.views.people.drawing import WIDTH, card_and_reader
from cardtool.views.people.hands import DRAWN
from cardtool.views.people.terminal import explain, render
from tests.golden.desk import (
    AT,
    HOLDER,
    NUMBER,
    ZONE,
    desk,
    hostile,
)
from tests.golden.write import DIAGNOSES, FOLDER, cases, html, pages

TURKISH = Text("tr", ZONE)
WHOLE = Paper(whole=True)
HOSTILE = (
    "\x1b[2J\x1b]0;title\x07[bold red]x[/bold red]\x9b31m\x00\r\nA\tB"
    "\u202eevil\u2066\u2069\u200b\ufeff:smile:{0}{reader}%s\u2028\ud800"
)
WITHOUT_HALVES = HOSTILE.replace("\ud800", "")
"""As it can come out of a file: half a surrogate pair cannot be written as JSON."""
FORBIDDEN = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


def _shown(
    diagnosis: Diagnosis,
    form: str = "terminal",
    subject: str = DIAGNOSIS,
    text: Text = TURKISH,
) -> str:
    beside = {"paper": WHOLE} if form == "terminal" else {}
    return "".join(view(form, subject)([diagnosis], text, **beside))


def _judged(snapshot: Snapshot | None = None) -> Diagnosis:
    return diagnose(mask(snapshot or desk()), AT)


def test_golden_files_are_what_the_views_say() -> None:
    """When this fails: `python -m tests.golden.write`, and read the difference."""
    wanted = pages()

    assert sorted(path.name for path in FOLDER.glob("*.txt")) == sorted(wanted)
    for page, text in wanted.items():
        kept = (FOLDER / page).read_bytes().decode()
        changes = difflib.unified_diff(kept.splitlines(), text.splitlines(), lineterm="")
        assert list(changes)[:20] == [], page


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(("width", "symbols"), [(80, True), (40, False)])
def test_no_line_is_wider_than_the_page(width: int, language: str, *, symbols: bool) -> None:
    paper = Paper(width=width, symbols=symbols)

    for subject in (DIAGNOSIS, "drivers", "certificates"):
        for case, diagnosis in cases():
            for page in view("terminal", subject)([diagnosis], Text(language, ZONE), paper):
                assert max(map(len, page.splitlines())) <= width, case


def test_the_verdict_stands_first_and_the_numbers_last() -> None:
    lines = _shown(_judged(msgspec.structs.replace(desk(), readers=(), usb=()))).splitlines()

    assert lines[0] == "✗ Sorun var"
    assert lines[2] == "  Takılı kart okuyucu yok."
    assert "reader-missing" in lines[-2] + lines[-1]


def test_the_holder_is_named_and_the_number_masked() -> None:
    for subject in (DIAGNOSIS, "certificates"):
        page = _shown(_judged(), "terminal", subject)

        assert HOLDER in page
        assert "10*******90" in page
        assert NUMBER not in page


def test_all_well_still_says_what_cannot_be_known_here() -> None:
    page = " ".join(_shown(_judged()).split())

    assert page.startswith("✓ Sorun yok")
    assert TURKISH.means("nes-valid") in page


def test_a_zone_that_is_not_turkeys_has_no_check_mark() -> None:
    judged = diagnose(replace(desk(), taken_at=desk().taken_at.astimezone(UTC)), AT)
    said = TURKISH.says(next(each for each in judged.findings if each.code == "clock-zone"))
    page = "".join(view("terminal")([judged], TURKISH, WHOLE))
    table = html([judged], "tr")

    assert [line.split()[0] for line in page.splitlines() if said[:40] in line] == ["·"]
    row = next(row for row in table.split("<tr") if said.rpartition(". ")[2] in row)
    assert row.startswith(' class="neutral">')
    assert "✓" not in row
    assert TURKISH.label("severity-neutral") in row


def test_the_end_is_told_in_local_time_with_the_days_left() -> None:
    page = _shown(_judged())

    assert "10.01.2028 11:00:00 (UTC+03:00)" in " ".join(page.split())
    assert "413 gün kaldı" in page


def test_several_desks_are_told_apart() -> None:
    desks = [_judged(desk(host=host)) for host in ("masa-1", "masa\x1b-2")]

    first, second = view("terminal")(desks, TURKISH, Paper(titled=True))

    assert first.startswith("masa-1, 23.11.2026 09:30:00 (UTC+03:00)\n")
    assert second.startswith("masa-2, ")


def test_colour_is_only_where_it_is_wanted() -> None:
    (plain,) = view("terminal")([_judged()], TURKISH, Paper())
    (coloured,) = view("terminal")([_judged()], TURKISH, Paper(colour=True))

    assert "\x1b" not in plain
    assert "\x1b[1;32m✓" in coloured


@pytest.mark.parametrize(("form", "subject"), DIAGNOSES)
def test_nothing_from_a_device_reaches_the_terminal_as_a_command(form: str, subject: str) -> None:
    is_json = form == "json"
    shown = _shown(_judged(hostile(WITHOUT_HALVES if is_json else HOSTILE)), form, subject)

    page = visible_json(shown) if is_json else shown
    if form == "ics":  # whose line ends are its own, and fold what is long
        page = page.replace("\r\n ", "").replace("\r\n", "\n")
    kinds = {unicodedata.category(each) for each in page.replace("\n", "")}
    assert not kinds & FORBIDDEN
    assert "[bold" in page


@given(st.text())
def test_escaping_leaves_only_what_is_shown(text: str) -> None:
    assert not {unicodedata.category(each) for each in escape(text)} & FORBIDDEN
    assert escape(escape(text)) == escape(text)


def test_escaping_keeps_letters_of_every_alphabet_and_cuts_what_never_ends() -> None:
    assert escape("İşğıçöü ΑΒΓ 漢字") == "İşğıçöü ΑΒΓ 漢字"
    assert len(escape("A" * 1_000_000)) == 1003


def test_json_reads_back_as_the_diagnosis() -> None:
    for case, diagnosis in cases():
        read = msgspec.json.decode(_shown(diagnosis, "json"), type=Diagnosis)
        assert read == diagnosis, case


def test_json_is_indented_by_two() -> None:
    page = _shown(_judged(), "json")

    assert page == json.dumps(json.loads(page), ensure_ascii=False, indent=2) + "\n"


def test_json_lists_hold_the_modules_and_the_tokens() -> None:
    drivers = json.loads(_shown(_judged(), "json", "drivers"))
    certificates = json.loads(_shown(_judged(), "json", "certificates"))

    assert drivers["modules"][0]["path"] == "/usr/lib/libakisp11.so"
    assert drivers["modules"][0]["slots"] is None
    assert certificates["tokens"][0]["token"]["certificates"][0]["sha256"] == "AB" * 32


def test_an_empty_desk_lists_nothing_and_says_why() -> None:
    bare = _judged(msgspec.structs.replace(desk(), modules=(), readers=(), usb=()))

    assert _shown(bare, "terminal", "drivers") == "Bu bilgisayarda kart sürücüsü bulunamadı.\n"
    assert _shown(bare, "terminal", "certificates") == (
        "Hiç sertifika okunmadı.\nTakılı kart okuyucu yok.\n"
    )


def test_a_driver_is_told_with_what_it_is_for_and_what_went_wrong() -> None:
    failure = Failure(api="worker", name="SIGABRT", code=6, detail="aborted")
    broken = msgspec.structs.replace(desk().modules[0], slots=failure, info=failure)
    diagnosis = _judged(msgspec.structs.replace(desk(), modules=(broken,)))

    (page,) = view("terminal", "drivers")([diagnosis], TURKISH, products={broken.path: "AKİS"})

    assert "worker: SIGABRT (0x6)\n" in page
    assert "aborted" not in page
    assert "AKİS" in page


def test_a_driver_that_was_not_needed_is_told_as_unused() -> None:
    unused = msgspec.structs.replace(desk().modules[0], slots=None, info=None)

    page = _shown(
        _judged(msgspec.structs.replace(desk(), modules=(unused,))), "terminal", "drivers"
    )

    assert page.split()[-2:] == ["Kullanıldı:", "hayır"]


def test_certificates_that_could_not_be_read_say_so() -> None:
    refused = Failure(api="pkcs11", name="CKR_DEVICE_ERROR", code=0x30)
    slot = desk().modules[0].slots
    assert isinstance(slot, tuple)
    token = msgspec.structs.replace(desk().tokens()[0][2], certificates=refused)
    slots = (msgspec.structs.replace(slot[0], token=token),)
    modules = (msgspec.structs.replace(desk().modules[0], slots=slots),)
    diagnosis = _judged(msgspec.structs.replace(desk(), modules=modules))

    assert _shown(diagnosis, "terminal", "certificates").startswith(
        "pkcs11: CKR_DEVICE_ERROR (0x30)"
    )


@pytest.mark.parametrize("code", ROWS)
def test_every_code_is_explained_in_every_language(code: str) -> None:
    known = finding(code)
    for language in LANGUAGES:
        text = Text(language)
        page = " ".join(explain(known, text, Paper(width=1000)).split())
        document = json_view.explained(known, text)

        assert page.split()[1] == code
        assert document["means"] == text.means(code)
        assert document["severity"] == known.severity.value
        assert [step["code"] for step in document["steps"]] == list(known.steps)
        assert [step["actor"] for step in document["steps"]] == list(known.actors)
        for number, step in enumerate(known.steps, 1):
            assert f"{number}. {text.step(step, {})}" in page


def test_each_severity_has_its_own_mark() -> None:
    for symbols in (True, False):
        marks = {Paper(symbols=symbols).symbol(each).plain for each in Severity}
        assert len(marks) == len(Severity)
        assert symbols or all(mark.isascii() for mark in marks)


def _deciding(code: str, *beside: Finding) -> Diagnosis:
    """Return the golden desk's diagnosis as if this code had been found there, and decided."""
    moment = AT.isoformat()
    facts = {name: moment if name.endswith("_at") else "x" for name in ROWS[code].facts}
    found = msgspec.structs.replace(finding(code), facts=facts)
    return msgspec.structs.replace(
        _judged(), severity=found.severity, verdict=code, findings=(found, *beside)
    )


def _steps(page: str) -> list[str]:
    """Return the block of steps of a page that is wide enough for one line a step."""
    block = page.split("\n\n")
    heads = ("Yapılacaklar", "İmza yine de atılamıyorsa")
    return [line.strip() for part in block if part.startswith(heads) for line in part.splitlines()]


WIDE = Paper(width=1000, whole=True)


def test_whoever_does_a_step_is_named_where_that_changes() -> None:
    (page,) = view("terminal")([_deciding("reader-disabled")], TURKISH, WIDE)

    begins = [line.split()[0] if line[0].isdigit() else line for line in _steps(page)]
    assert begins == ["Yapılacaklar", "Bilgi işlem biriminiz:", "1.", "2.", "Siz:", "3."]


def test_steps_for_the_person_at_the_desk_alone_name_nobody() -> None:
    (page,) = view("terminal")([_deciding("card-missing")], TURKISH, WIDE)

    assert [line[:2] for line in _steps(page)] == ["Ya", "1.", "2."]


def test_steps_of_an_older_file_are_shown_without_who_does_them() -> None:
    new = _deciding("reader-disabled")
    old = msgspec.structs.replace(new, findings=(msgspec.structs.replace(new.deciding, actors=()),))

    (page,) = view("terminal")([old], TURKISH, WIDE)

    assert [line[:2] for line in _steps(page)] == ["Ya", "1.", "2.", "3."]


def test_all_well_tells_what_to_look_at_if_signing_still_fails() -> None:
    sound = _judged()
    beside = [each for each in sound.findings if each.code != "desk-ready"]
    ready = [finding("desk-ready", reader=name) for name in ("one", "other")]
    well = msgspec.structs.replace(sound, findings=(*beside, *ready))

    (page,) = view("terminal")([well], TURKISH, WIDE)

    steps = _steps(page)
    assert steps[0] == "İmza yine de atılamıyorsa"
    counted = sum(line[0].isdigit() for line in steps)
    assert counted == len(ROWS["desk-ready"].steps) + 1  # the certificate in the other reader
    assert page.index(steps[-1]) < page.index("Kontrol edilenler")
    assert "Yapılacaklar" not in page


@pytest.mark.parametrize("language", LANGUAGES)
def test_beside_a_trouble_each_card_that_can_sign_is_named_once(language: str) -> None:
    whose = {"reader": "one", "holder": "AYŞE ÖRNEK"}
    both = [finding("desk-ready", **whose), finding("rsa-on-windows", **whose)]
    other = finding("desk-ready", reader="two", holder="MEHMET ÖRNEK")
    broken = finding("nes-expiring-critical", **whose)
    judged = msgspec.structs.replace(
        _judged(),
        findings=(broken, *both, other),
        severity=broken.severity,
        verdict=broken.code,
        todo=(broken.code, "desk-ready", "rsa-on-windows"),
    )

    named = [each.titles for each in contents.acts(judged, Text(language)) if not each.steps]

    assert [sum(name in title for (title,) in named) for name in ("one", "two")] == [1, 1]


def test_what_a_trouble_means_follows_its_phase() -> None:
    assert TURKISH.means("driver-too-old", "old") != TURKISH.means("driver-too-old", "current")
    assert TURKISH.means("driver-too-old", "-") == TURKISH.means("driver-too-old")


def test_the_block_for_a_sound_desk_stays_short() -> None:
    for language in LANGUAGES:
        text = Text(language)
        lines = explain(finding("desk-ready"), text, Paper()).splitlines()

        assert len(lines) <= 18, language


@pytest.mark.parametrize(("code", "is_broken"), [("nes-expiring", False), ("pin-locked", True)])
def test_what_is_wrong_comes_before_the_application(code: str, *, is_broken: bool) -> None:
    """Only a warning leaves a desk that can sign, where the application may be next."""
    ready = finding("desk-ready", reader="R")

    (page,) = view("terminal")([_deciding(code, ready)], TURKISH, WIDE)

    heads = [line for line in _steps(page) if line in ("Yapılacaklar", "İmza yine de atılamıyorsa")]
    assert heads == ["Yapılacaklar", "İmza yine de atılamıyorsa"][: 1 if is_broken else 2]
    assert TURKISH.says(ready) in page


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("code", sorted(DRAWN))
def test_how_a_card_goes_in_is_drawn_before_the_steps(code: str, language: str) -> None:
    text = Text(language)

    (page,) = view("terminal")([_deciding(code)], text, WIDE)

    words = ("drawing-corner", "drawing-reader", "drawing-contacts", "drawing-compare", "steps")
    after = page.index(text.means(code)) + len(text.means(code))
    places = [page.index(text.label(word), after) for word in words]
    assert places == sorted(places)


def test_nothing_is_drawn_where_it_does_not_help() -> None:
    compare = TURKISH.label("drawing-compare")

    for code in ROWS:
        (page,) = view("terminal")([_deciding(code)], TURKISH, WIDE)
        assert (compare in page) == (code in DRAWN), code


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("symbols", [True, False])
def test_the_drawing_is_small_and_its_walls_are_straight(language: str, *, symbols: bool) -> None:
    paper = Paper(width=40, symbols=symbols)

    page = paper.print(card_and_reader(Text(language), paper)).splitlines()

    drawing = page[1:8]
    walls = [line for line in drawing if line.endswith(("┐", "│", "┘", "+", "|"))]
    assert max(map(len, drawing)) <= WIDTH + 2
    assert len(walls) == 5
    assert len({len(line) for line in walls[1:4]}) == 1
    assert len(walls[0]) == len(walls[4])
    assert {line[21] for line in walls} <= set("┌│╡└+|")
    assert symbols or all(line.isascii() for line in walls)
    assert not symbols or not any(line.isascii() for line in walls)


def test_a_page_too_narrow_for_the_drawing_goes_without() -> None:
    (page,) = view("terminal")([_deciding("card-missing")], TURKISH, Paper(width=WIDTH + 1))

    assert TURKISH.label("drawing-compare") not in " ".join(page.split())
    assert TURKISH.label("drawing-corner") not in page
    assert "1. " in page


def test_every_page_keeps_its_width_whatever_is_found() -> None:
    for code in ROWS:
        for language in LANGUAGES:
            for paper in (Paper(width=40), Paper(width=40, whole=True)):
                (page,) = view("terminal")([_deciding(code)], Text(language, ZONE), paper)
                assert max(map(len, page.splitlines())) <= 40, code


@pytest.mark.parametrize("command", ["cardtool", "/srv/e-imza kartı/run", "/srv/" + 40 * "y"])
def test_the_command_that_shows_a_procedure_is_never_broken(command: str) -> None:
    for width in range(40, 90):
        text = Text("en", command=command)
        page = explain(finding("nes-expiring-soon"), text, Paper(width=width))

        assert f"`{command} guide renewal`" in page, width
        assert f"  {text.procedure('renewal', 'title')}, from beginning to end:" in page


def test_every_actor_is_told_apart() -> None:
    for language in LANGUAGES:
        labels = {Text(language).label(f"actor-{each.value}") for each in Actor}
        assert len(labels) == len(Actor)


def test_of_several_desks_each_whole_page_begins_with_its_name_and_moment() -> None:
    diagnosis, text = _judged(), Text("en")

    (page,) = render([diagnosis], text, Paper(titled=True, whole=True))

    host = diagnosis.snapshot.host.name
    assert page.splitlines()[0] == f"{host}, {text.moment(diagnosis.at)}"
