# SPDX-License-Identifier: Apache-2.0
"""What people and programs are shown."""

import difflib
import io
import json
import unicodedata

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cardtool.console import write
from cardtool.model.diagnosis import Diagnosis, Severity
from cardtool.model.redact import mask
from cardtool.model.snapshot import Failure, Snapshot
from cardtool.rules import diagnose
from cardtool.rules.codes import ROWS
from cardtool.text import LANGUAGES, Text
from cardtool.views import VIEWS, view
from cardtool.views import json as json_view
from cardtool.views.harmless import escape
from cardtool.views.paper import Paper
from cardtool.views.terminal import explain
from tests.golden.desk import AT, HOLDER, NUMBER, ZONE, certificate, desk, held, name, person
from tests.golden.write import FOLDER, cases, pages

TURKISH = Text("tr", ZONE)
HOSTILE = (
    "\x1b[2J\x1b]0;title\x07[bold red]x[/bold red]\x9b31m\x00\r\nA\tB"
    "\u202eevil\u2066\u2069\u200b\ufeff:smile:{0}{reader}%s\u2028\ud800"
)
WITHOUT_HALVES = HOSTILE.replace("\ud800", "")
"""As it can come out of a file: half a surrogate pair cannot be written as JSON."""
FORBIDDEN = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


def _shown(diagnosis: Diagnosis, form: str = "terminal", text: Text = TURKISH) -> str:
    return "".join(view(form)([diagnosis], text))


def _judged(snapshot: Snapshot | None = None) -> Diagnosis:
    return diagnose(mask(snapshot or desk()), AT)


def test_golden_files_are_what_the_views_say() -> None:
    """When this fails: `python -m tests.golden.write`, and read the difference."""
    wanted = pages()

    assert sorted(path.name for path in FOLDER.glob("*.txt")) == sorted(wanted)
    for page, text in wanted.items():
        kept = (FOLDER / page).read_text(encoding="utf-8")
        changes = difflib.unified_diff(kept.splitlines(), text.splitlines(), lineterm="")
        assert list(changes)[:20] == [], page


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(("width", "symbols"), [(80, True), (40, False)])
def test_no_line_is_wider_than_the_page(width: int, language: str, *, symbols: bool) -> None:
    paper = Paper(width=width, symbols=symbols)

    for form in ("terminal", "drivers-terminal", "certificates-terminal"):
        for case, diagnosis in cases():
            for page in view(form)([diagnosis], Text(language, ZONE), paper):
                assert max(map(len, page.splitlines())) <= width, case


def test_the_verdict_stands_first_and_the_numbers_last() -> None:
    lines = _shown(_judged(msgspec.structs.replace(desk(), readers=()))).splitlines()

    assert lines[0] == "✗ Sorun var"
    assert lines[2] == "  Takılı kart okuyucu yok."
    assert "reader-missing" in lines[-2] + lines[-1]


def test_the_holder_is_named_and_the_number_masked() -> None:
    for form in ("terminal", "certificates-terminal"):
        page = _shown(_judged(), form)

        assert HOLDER in page
        assert "10*******90" in page
        assert NUMBER not in page


def test_all_well_still_says_what_cannot_be_known_here() -> None:
    page = " ".join(_shown(_judged()).split())

    assert page.startswith("✓ Sorun yok")
    assert TURKISH.means("nes-valid") in page


def test_the_end_is_told_in_local_time_with_the_days_left() -> None:
    page = _shown(_judged())

    assert "10.01.2028 11:00:00 (UTC+03:00)" in " ".join(page.split())
    assert "Kalan gün: 413" in page


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


@pytest.mark.parametrize("form", VIEWS)
def test_nothing_from_a_device_reaches_the_terminal_as_a_command(form: str) -> None:
    is_json = form.endswith("json")
    text = WITHOUT_HALVES if is_json else HOSTILE
    stream = io.TextIOWrapper(io.BytesIO(), encoding="utf-8", newline="")

    write([_shown(_judged(_hostile(text)), form)], stream, is_json=is_json)

    page = stream.buffer.getvalue().decode()
    kinds = {unicodedata.category(each) for each in page.replace("\n", "")}
    assert not kinds & FORBIDDEN
    assert "[bold" in page


def _hostile(text: str) -> Snapshot:
    """Return a desk that says a text wherever a device or a file can say one."""
    failure = Failure(api="pkcs11", name=f"CKR{text}", code=5, detail=text)
    whole = desk(
        held(certificate(person(text, f"1{text}")), label=text),
        held(certificate(name(OU=text), issuer=name(CN=text)), label=text),
        held(failure),
        label=text,
        serial=f"5{text}",
        description=text,
        reader=text,
        host=text,
        path=f"/{text}/libakisp11.so",
    )
    modules = (
        *whole.modules,
        msgspec.structs.replace(whole.modules[0], slots=failure, info=failure, library=failure),
    )
    return msgspec.structs.replace(whole, modules=modules, tool=text)


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


def test_json_lists_hold_the_modules_and_the_tokens() -> None:
    drivers = json.loads(_shown(_judged(), "drivers-json"))
    certificates = json.loads(_shown(_judged(), "certificates-json"))

    assert drivers["modules"][0]["path"] == "/usr/lib/libakisp11.so"
    assert drivers["modules"][0]["slots"] is None
    assert certificates["tokens"][0]["token"]["certificates"][0]["sha256"] == "AB" * 32


def test_an_empty_desk_lists_nothing_and_says_why() -> None:
    bare = _judged(msgspec.structs.replace(desk(), modules=(), readers=()))

    assert _shown(bare, "drivers-terminal") == "Bu bilgisayarda kart sürücüsü bulunamadı.\n"
    assert _shown(bare, "certificates-terminal") == (
        "Hiç sertifika okunmadı.\nTakılı kart okuyucu yok.\n"
    )


def test_a_driver_is_told_with_what_it_is_for_and_what_went_wrong() -> None:
    failure = Failure(api="worker", name="SIGABRT", code=6, detail="aborted")
    broken = msgspec.structs.replace(desk().modules[0], slots=failure, info=failure)
    diagnosis = _judged(msgspec.structs.replace(desk(), modules=(broken,)))

    (page,) = view("drivers-terminal")([diagnosis], TURKISH, products={broken.path: "AKİS"})

    assert "worker: SIGABRT (0x6)\n" in page
    assert "aborted" not in page
    assert "AKİS" in page


def test_a_driver_that_was_not_needed_is_told_as_unused() -> None:
    unused = msgspec.structs.replace(desk().modules[0], slots=None, info=None)

    page = _shown(_judged(msgspec.structs.replace(desk(), modules=(unused,))), "drivers-terminal")

    assert page.split()[-2:] == ["Kullanıldı:", "hayır"]


def test_certificates_that_could_not_be_read_say_so() -> None:
    refused = Failure(api="pkcs11", name="CKR_DEVICE_ERROR", code=0x30)
    slot = desk().modules[0].slots
    assert isinstance(slot, tuple)
    token = msgspec.structs.replace(desk().tokens()[0][2], certificates=refused)
    slots = (msgspec.structs.replace(slot[0], token=token),)
    modules = (msgspec.structs.replace(desk().modules[0], slots=slots),)
    diagnosis = _judged(msgspec.structs.replace(desk(), modules=modules))

    assert _shown(diagnosis, "certificates-terminal").startswith("pkcs11: CKR_DEVICE_ERROR (0x30)")


@pytest.mark.parametrize("code", ROWS)
def test_every_code_is_explained_in_every_language(code: str) -> None:
    row = ROWS[code]
    for language in LANGUAGES:
        text = Text(language)
        page = explain(code, row.severity, row.steps, text, Paper())
        document = json.loads(json_view.explain(code, row.severity, row.steps, text))

        assert page.split()[1] == code
        assert document["means"] == text.means(code)
        assert [step["code"] for step in document["steps"]] == list(row.steps)


def test_each_severity_has_its_own_mark() -> None:
    for symbols in (True, False):
        marks = {Paper(symbols=symbols).symbol(each).plain for each in Severity}
        assert len(marks) == len(Severity)
        assert symbols or all(mark.isascii() for mark in marks)
