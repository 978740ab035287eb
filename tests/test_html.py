# SPDX-License-Identifier: Apache-2.0
"""The HTML page: what is on it, that it runs and asks nothing, and where it is written."""

import asyncio
import os
import re
import subprocess
import sys
import unicodedata
from base64 import b64encode
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import msgspec
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from cardtool import views
from cardtool.catalog import procedures
from cardtool.cli import main
from cardtool.live.site import Site
from cardtool.model.diagnosis import Actor, Course, Diagnosis, Link
from cardtool.model.procedure import Fact, Guide, Institution, Role, Step, confirm
from cardtool.model.redact import mask
from cardtool.model.snapshot import Snapshot, encode
from cardtool.model.trust import Status, Trust
from cardtool.practice import load, names
from cardtool.rules import diagnose
from cardtool.rules.codes import ROWS, finding
from cardtool.rules.codes.steps import ACTORS
from cardtool.rules.renewal import Policy
from cardtool.rules.timeline import courses, with_moments
from cardtool.text import LANGUAGES, Text
from cardtool.views import view
from cardtool.views.paper import Paper
from cardtool.views.people.contents import to_act_on
from cardtool.views.people.html import live, render_guide
from cardtool.views.people.life import OWN, lines
from cardtool.views.people.marks import Mark
from cardtool.views.people.pieces import pieces_of_guide, pieces_of_step
from tests.desks import nes
from tests.golden.desk import AT, HOLDER, NUMBER, ZONE, certificate, desk, held, hostile, person
from tests.golden.write import html
from tests.page import Page, blocks

HOSTILE = (
    "\x1b[2J</style></title><script>alert(1)</script><img src=https://evil.example/x onerror=a()>"
    '" onload="a()\u202ehttps://evil.example/login\u2066`rm -rf`{{ 7*7 }}{% raw %}\ud800\x00'
)
_PAGE = {"html", "head", "meta", "title", "style", "body", "header", "main", "footer", "article"}
_WORDS = {"section", "h1", "h2", "h3", "h4", "p", "b", "span", "div", "a", "code", "ol", "ul", "li"}
_TABLES = {"dl", "dt", "dd", "table", "thead", "tbody", "tr", "th", "td"}
_DRAWING = {"figure", "figcaption", "svg", "desc", "rect", "line", "text", "path", "circle"}
_TOUCHED = {"details", "summary", "input", "label"}
TAGS = _PAGE | _WORDS | _TABLES | _DRAWING | _TOUCHED
"""Nothing of these runs, or asks for anything by itself."""

every_language = pytest.mark.parametrize("language", LANGUAGES)
every_case = pytest.mark.parametrize("case", names())


def _judged(snapshot: Snapshot | None = None) -> Diagnosis:
    return diagnose(mask(snapshot or desk()), AT)


def _case(name: str) -> Diagnosis:
    case = load(name)
    return replace(diagnose(mask(case.snapshot), case.at), practice=name)


def _attributes(page: Page, tag: str, key: str) -> list[str]:
    return [attributes[key] or "" for name, attributes in page.tags if name == tag]


def _checked(body: str, language: str) -> Page:
    """Read a page and see that it runs nothing and asks for nothing."""
    page = Page(body)
    assert {name for name, _ in page.tags} <= TAGS
    for name, attributes in page.tags:
        assert not {"src", "srcset", "style", "action"} & attributes.keys()
        assert not any(key.startswith("on") for key in attributes)
        assert name == "a" or "href" not in attributes
    style = body.partition("<style>")[2].partition("</style>")[0]
    digest = b64encode(sha256(style.encode()).digest()).decode()
    policy = {"http-equiv": "Content-Security-Policy"}
    assert (
        "meta",
        policy | {"content": f"default-src 'none'; style-src 'sha256-{digest}'"},
    ) in page.tags
    letters = [each for each in _attributes(page, "a", "href") if each.startswith("mailto:")]
    assert all(len(each) < 2048 for each in letters)
    assert _attributes(page, "html", "lang") == [language]
    assert not re.search(r"url\(|@import|text-transform", body)
    assert not [one for one in body if one != "\n" and unicodedata.category(one)[0] == "C"]
    return page


@every_language
@every_case
def test_a_page_runs_nothing_asks_nothing_and_skips_no_heading(case: str, language: str) -> None:
    page = _checked(html([_case(case)], language), language)

    assert page.headings[0] == 1
    assert page.headings.count(1) == 1
    assert all(b - a <= 1 for a, b in zip(page.headings, page.headings[1:], strict=False))
    assert [name for name, _ in page.tags].count("main") == 1


@every_language
def test_nothing_of_a_device_becomes_a_tag_a_link_or_an_instruction(language: str) -> None:
    page = _checked(html([_judged(hostile(HOSTILE))], language), language)

    assert any("<script>alert(1)</script>" in each for each in page.blocks)
    assert any("{{ 7*7 }}" in each for each in page.blocks)
    links = _attributes(page, "a", "href")
    assert {each.partition("?")[0] for each in links if "evil" in each} <= {"mailto:"}
    assert not [each for each in links if "&cc" in each or "\n" in each]


def test_an_address_of_a_device_in_a_step_is_no_link_and_ours_is() -> None:
    evil = "https://evil.example/akis.so"
    bad = finding("driver-file-missing", module=evil)
    diagnosis = replace(_judged(), verdict=bad.code, findings=(bad,))
    renewal = Page(html([_case("nes-expiring")], "tr"))

    page = Page(html([diagnosis], "en"))

    assert sum(evil in each for each in page.blocks) == 2
    assert [each.partition("?")[0] for each in _attributes(page, "a", "href")] == ["mailto:"]
    links = [each for each in _attributes(renewal, "a", "href") if each.startswith("http")]
    assert links
    assert all(any(link in block for block in renewal.blocks) for link in links)
    followed = [one for name, one in renewal.tags if name == "a" and "http" in (one["href"] or "")]
    assert all(one["rel"] == "noreferrer" for one in followed)


@every_language
@every_case
def test_every_step_is_told_with_who_does_it_and_the_broken_link_is_marked(
    case: str, language: str
) -> None:
    diagnosis, text = _case(case), Text(language, ZONE, institution=_nationwide().values())
    deciding = diagnosis.deciding

    page = Page(html([diagnosis], language))

    for actor, step in zip(deciding.actors, deciding.steps, strict=True):
        assert "".join(each.words for each in pieces_of_step(step, deciding, text)) in page.blocks
        assert f"{text.label(f'actor-{actor.value}')}:" in page.blocks
    marked = [attributes["class"] for name, attributes in page.tags if "aria-current" in attributes]
    if deciding.severity.value == "ok":
        assert marked == []
    else:
        label = text.label(f"html-deciding-{deciding.severity.value}")
        place = text.label(f"link-{deciding.link.value}")
        assert marked == [f"{deciding.severity.value} here"]
        assert f"{place} {label}" in page.blocks


def _nationwide() -> Institution:
    return procedures.institution()


def test_the_chain_has_every_link_in_order() -> None:
    said = blocks(html([_case("card-missing")], "en"))
    text = Text("en")

    first = said.index(f"{text.label('link-host')} {text.label('html-no-finding')}")
    for link, words in zip(Link, said[first:], strict=False):
        assert words.startswith(f"{text.label(f'link-{link.value}')} ")


def test_the_moments_are_those_that_a_calendar_has() -> None:
    policy, diagnosis = Policy(), _judged()
    (state,) = [one for one in with_moments(diagnosis, policy).findings if one.code == "nes-valid"]

    (course,) = courses(diagnosis, policy)

    assert course.holder == HOLDER
    assert course.begins_at.isoformat() == state.facts["not_before_at"]
    assert course.ends_at.isoformat() == state.facts["not_after_at"]
    assert course.renewal["opens"].isoformat() == state.facts["opens_at"]
    assert course.renewal["apply-by"].isoformat() == state.facts["apply_by_at"]
    assert course.ends_at - course.renewal["urgent"] == timedelta(days=policy.urgent_days)
    assert course.ends_at - course.renewal["critical"] == timedelta(days=policy.critical_days)


def test_what_is_succeeded_is_not_renewed_and_the_earlier_stands_first() -> None:
    later = {"not_before_at": datetime(2028, 1, 9, tzinfo=UTC)}
    ends = {"not_after_at": datetime(2031, 1, 9, tzinfo=UTC)}
    successor = replace(held(certificate(person(), **later, **ends)), sha256="CD" * 32)

    found = courses(_judged(desk(successor, held(certificate(person())))), Policy())

    assert [bool(each.renewal) for each in found] == [False, True]
    assert found[0].begins_at < found[1].begins_at


@every_language
def test_the_days_below_the_line_are_the_persons_alone_and_in_their_order(language: str) -> None:
    diagnosis, text = _case("nes-expiring"), Text(language, ZONE)
    (course,) = courses(diagnosis, Policy())
    days = {kind: course.renewal[kind] for kind in OWN}
    days |= {"ends": course.ends_at, "today": diagnosis.at}

    said = blocks(html([diagnosis], language))

    rows = [
        f"{text.label(f'course-{kind}')} {text.day(moment)}"
        for kind, moment in sorted(days.items(), key=lambda each: each[1])
    ]
    first = said.index(rows[0])
    assert said[first : first + len(rows)] == rows


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_line_shows_today_where_the_clock_is_wrong(language: str) -> None:
    heading = Text(language).label("html-dates")

    assert heading in blocks(html([_case("sound")], language))
    assert heading not in blocks(html([_case("clock-behind")], language))


@every_language
def test_two_certificates_of_one_person_are_told_apart(language: str) -> None:
    diagnosis, text = _case("nes-superseded"), Text(language, ZONE)
    old, new = courses(diagnosis, Policy())

    said = blocks(html([diagnosis], language))

    assert f"{old.holder}: {text.near('past', old.ends_at, diagnosis.at)}" in said
    assert f"{new.holder}: {text.near('left', new.ends_at, diagnosis.at)}" in said
    (last,) = lines([old], diagnosis.at)
    assert last.standing(old.ends_at)[0] == "left"
    (early,) = lines([new], new.begins_at - timedelta(days=3))
    assert early.standing(new.begins_at - timedelta(days=3)) == ("wait", new.begins_at)


@pytest.mark.parametrize(
    ("name", "language", "kept"),
    [
        ("pin-locked", "tr", ["e-Devlet"]),
        ("card-mute", "tr", ["444 5 576"]),
        ("nes-expired", "tr", ["E-imza"]),
        ("nes-expired", "en", ["e-signature"]),
    ],
)
def test_no_line_ends_within_a_word_or_a_number_to_call(
    name: str, language: str, kept: list[str]
) -> None:
    body = html([_case(name)], language)

    for part in kept:
        assert f'<span class="one">{part}</span>' in body


@every_language
def test_paper_says_of_a_procedure_that_it_leaves_out_where_it_is(language: str) -> None:
    text = Text(language, ZONE, institution=_nationwide().values())
    guides = {
        name: procedures.guide(each, None, _nationwide())
        for name, each in procedures.load().items()
    }
    hint = f'</a><span class="paper"> {text.label("html-on-screen")}</span>'

    alone = "".join(render_guide([guides["renewal"]], text, others=guides))
    together = "".join(render_guide(guides.values(), text, others=guides))

    assert alone.count(hint) >= alone.partition('id="renewal"')[2].count('class="inside"')
    assert hint in html([_case("nes-expired")], language)
    assert hint not in together


def test_a_day_is_that_of_the_zone() -> None:
    assert Text("tr", ZONE).day(datetime(2026, 12, 31, 21, 0, tzinfo=UTC)) == "01.01.2027"
    assert Text("en", ZONE).day(datetime.max.replace(tzinfo=UTC)) == "31 December 9999"


def test_what_nobody_accepts_is_not_renewed() -> None:
    said = Status(source="crl", url="http://x/", status="revoked", said_at=AT)
    refused, one = Trust(sha256="AB" * 32, asked_at=AT, status=said), desk()

    (sound,) = courses(_judged(one), Policy())
    (revoked,) = courses(_judged(replace(one, trust=(refused,))), Policy())

    assert sound.renewal
    assert revoked == replace(sound, renewal={})


def test_without_a_certificate_there_are_no_dates() -> None:
    assert lines((), AT) == ()
    assert Text("en").label("html-dates") not in blocks(html([_case("card-missing")], "en"))


_moments = st.datetimes(timezones=st.just(UTC))


@given(
    _moments, st.lists(st.tuples(_moments, _moments, st.lists(_moments, max_size=4)), max_size=4)
)
def test_any_moments_have_a_place_on_the_line(
    at: datetime, some: list[tuple[datetime, datetime, list[datetime]]]
) -> None:
    drawn = lines(
        [
            Course(
                holder="-",
                begins_at=min(one, two),
                ends_at=max(one, two),
                renewal=dict(zip(OWN, rest, strict=False)),
            )
            for one, two, rest in some
        ],
        at,
    )

    assert len(drawn) == len(some)
    for line in drawn:
        places = [each.x for each in line.days]
        assert places == sorted(places)
        assert all(0 <= each <= 100 for each in (*places, line.begins))
        assert line.begins <= line.opens <= line.ends
        assert line.begins <= line.late <= line.ends
        assert 0 <= line.past <= line.ends - line.begins + 0.01


@every_language
def test_a_procedure_that_a_finding_leads_to_is_there_whole(language: str) -> None:
    diagnosis = _case("nes-expiring")
    (name,) = diagnosis.deciding.procedures
    text = Text(language, ZONE, institution=_nationwide().values())
    guide = procedures.guide(procedures.load()[name], None, _nationwide())

    page = Page(html([diagnosis], language))

    said = "\n".join(page.blocks)
    for step in guide.steps:
        assert "".join(each.words for each in pieces_of_guide(step, text)) in said
    assert all(text.at_hand(each) in page.blocks for each in guide.at_hand)
    assert f"#{name}" in _attributes(page, "a", "href")
    assert [one for _, one in page.tags if one.get("id") == name]


@every_language
def test_no_command_for_a_procedure_is_on_a_page_and_each_that_is_named_is_there(
    language: str,
) -> None:
    text = Text(language, ZONE, institution=_nationwide().values())
    guides = {
        name: procedures.guide(each, None, _nationwide())
        for name, each in procedures.load().items()
    }

    pages = [html([_case(name)], language) for name in names()]
    pages += ["".join(render_guide([each], text, others=guides)) for each in guides.values()]

    for page in pages:
        tags = Page(page)
        inside = {each for each in _attributes(tags, "a", "href") if each.startswith("#")}
        assert " guide " not in re.sub(r"<[^>]+>", "", page)
        assert inside <= {f"#{one['id']}" for _, one in tags.tags if "id" in one}
    assert any('class="guide sheet beside"' in page for page in pages)
    assert any('class="guide beside"' in page for page in pages)


def test_without_procedures_the_page_says_which_command_shows_one() -> None:
    text = Text("en", ZONE)

    said = blocks("".join(view("html")([_case("nes-expiring")], text)))

    assert text.whole_procedure("renewal").replace("`", "") in said
    assert text.label("html-dates") not in said


@every_language
def test_the_page_that_follows_says_how_it_is_checked_again(language: str) -> None:
    """Nobody who looks at it has to begin a program that runs already."""
    diagnosis, text = _case("card-missing"), Text(language, ZONE)
    words = text.label("live-run-again", button=text.label("live-again"))

    followed = blocks("".join(live(diagnosis, text, guides={}, courses=lambda _: ())))
    saved = blocks(html([diagnosis], language))

    again = text.label("html-run-again")
    assert (words in followed, again in followed) == (True, False)
    assert (words in saved, again in saved) == (False, True)


@every_language
@pytest.mark.parametrize("name", ["driver-crashed", "driver-hung", "driver-too-old"])
def test_the_page_that_follows_has_nobody_type_a_command(name: str, language: str) -> None:
    diagnosis, text = _case(name), Text(language, ZONE)

    page = "".join(live(diagnosis, text, guides={}, courses=lambda _: ()))

    pressed = {"send-snapshot": 'href="state.json"', "allow-more-time": text.label("live-again")}
    steps = [step for each in diagnosis.findings for step in each.steps if step in pressed]
    assert steps
    assert all(pressed[step] in page for step in steps)
    assert re.findall(r"<code>cardtool", page) == []


_ELSEWHERE = {"save-certificate", "look-there"}
"""Steps about files that were given, for which no page is served."""


@every_language
def test_nobody_but_it_is_told_to_type_a_command_on_the_page_that_follows(language: str) -> None:
    text, bare = Text(language, ZONE), replace(_case("sound").deciding, facts={})
    steps = {step for row in ROWS.values() for step in row.steps} - _ELSEWHERE

    typed = {
        step: piece.words
        for step in steps
        if ACTORS.get(step, Actor.YOU) is Actor.YOU
        for piece in pieces_of_step(step, bare, text, is_live=True)
        if piece.kind == "typed" and piece.words.startswith("cardtool ")
    }

    assert typed == {}


def test_before_the_first_check_there_is_no_file_for_support() -> None:
    site = Site[None]({}, lambda: None, lambda: b"")
    site.serve_at("/page/")

    scope = {"type": "http", "method": "GET", "path": "/page/state.json", "headers": []}
    sent: list[Any] = []

    async def receive() -> dict[str, str]:
        return {"type": "http.request"}

    async def send(message: Any) -> None:  # noqa: ANN401 - ASGI's own
        sent.append(message)

    asyncio.run(site.answer(scope, receive, send))

    assert sent[0]["status"] == 404


def test_several_desks_are_one_page_and_none_is_no_page() -> None:
    several = [
        _judged(desk(host="masa-1")),
        *map(_case, ("nes-expiring", "nes-expired", "pin-locked", "nes-expiring")),
    ]
    named = {name for each in several for one in to_act_on(each) for name in one.procedures}

    page = Page(html(several, "tr", Paper(titled=True)))

    identifiers = [one["id"] or "" for _, one in page.tags if "id" in one]
    assert [name for name, _ in page.tags].count("article") == 5
    assert page.headings.count(1) == 1
    assert all(b - a <= 1 for a, b in zip(page.headings, page.headings[1:], strict=False))
    assert len(named) > 1
    assert sorted(identifiers) == sorted({*identifiers, *named})
    links = [each for each in _attributes(page, "a", "href") if each.startswith("#")]
    assert {each.removeprefix("#") for each in links} == {*identifiers}
    whole = re.findall(r'<p class="whole">.*?href="#([^"]+)"', "".join(html(several, "tr")))
    assert set(whole) == named
    assert whole.count("renewal") == 3
    places = [name for name, attributes in page.tags if name == "article" or "id" in attributes]
    assert places == ["article"] * 5 + ["section"] * len(identifiers)
    assert "masa-1" in page.blocks
    assert html([], "tr") == ""


def test_support_finds_codes_version_and_moment() -> None:
    diagnosis = _case("nes-expiring")

    said = blocks(html([diagnosis], "en"))

    assert f"nes-expiring ({diagnosis.deciding.number})" in said
    assert diagnosis.snapshot.tool in said
    assert diagnosis.snapshot.host.name in said
    assert f"masa-17 · {Text('en', ZONE).moment(diagnosis.at)}" in said


def _priced(role: Role | None = None) -> Guide:
    fact = Fact(value="TR00", source="Kurum yazısı <1>", checked=AT.date())
    facts = {"iban": fact, "account_holder": fact, "bank": fact, "branch": fact}
    return Guide(
        name="renewal",
        role=role,
        institution=Institution(id="x", name="Şişli <b>İl</b>", facts=facts),
        at_hand=(),
        steps=tuple(
            Step(code=code, actor=actor, facts=("iban",), roles=(Role.PHYSICIAN,))
            for code, actor in zip(
                [step.code for step in procedures.load()["renewal"].steps][:3],
                (Actor.YOU, Actor.IT, Actor.YOU),
                strict=True,
            )
        ),
    )


@every_language
def test_money_is_confirmed_once_in_full_and_referred_to_afterwards(language: str) -> None:
    guide, text = _priced(), Text(language, ZONE)
    fact = confirm(guide.steps[0], guide.institution)
    assert fact is not None

    page = _checked("".join(view("html", "guide")([guide], text)), language)

    (once,) = [each for each in page.blocks if text.of_fact("confirm", fact) in each]
    assert "Kurum yazısı <1>" in once
    assert sum("[1]" in each for each in page.blocks) == len(guide.steps)
    assert "Şişli <b>İl</b>" in page.blocks
    assert _attributes(page, "ol", "start") == ["1", "2", "3"]


def test_a_step_says_for_whom_it_is_where_no_role_was_named() -> None:
    text = Text("en", ZONE)
    words = f"{text.label('role')}: {text.label('role-physician')}"

    for_all = "\n".join(blocks("".join(view("html", "guide")([_priced()], text))))
    for_one = "\n".join(blocks("".join(view("html", "guide")([_priced(Role.PHYSICIAN)], text))))

    assert for_all.count(words) == 3
    assert words not in for_one
    assert text.label("role-physician") in for_one


def _run(*arguments: str) -> Any:  # noqa: ANN401 - click's Result, which says less of its bytes
    return CliRunner(env={"CARDTOOL_CONFIG": ""}).invoke(main, arguments)


def test_a_page_is_written_to_a_file_and_the_exit_status_stays(tmp_path: Path) -> None:
    file = tmp_path / "masa.html"
    asked = ("practice", "nes-expiring", "--format", "html", "--lang", "tr")

    shown, written, both = _run(*asked), _run(*asked, "-o", str(file)), _run(*asked, "-o", "-")

    assert (shown.exit_code, written.exit_code, both.exit_code) == (1, 1, 1)
    assert written.stdout == ""
    assert file.read_bytes() == shown.stdout_bytes == both.stdout_bytes
    assert "İmza programı" in file.read_text("utf-8")


@pytest.mark.parametrize("form", ["terminal", "json", "ics"])
def test_every_format_can_be_written_to_a_file(form: str, tmp_path: Path) -> None:
    file = tmp_path / "masa"
    asked = ("practice", "nes-expiring", "--format", form)

    config = tmp_path / "config.toml"
    config.write_text('[identity]\nkey = "9b1f6c2ad84e703551c7a0ef3d628b94"\n')
    runner = CliRunner(env={"CARDTOOL_CONFIG": str(config)})

    shown, written = (runner.invoke(main, [*asked, *more]) for more in ((), ("-o", str(file))))

    assert written.stdout_bytes == b""
    assert file.read_bytes().splitlines() == shown.stdout_bytes.splitlines()


def test_a_page_that_cannot_be_written_is_said_in_a_sentence(tmp_path: Path) -> None:
    done = _run("practice", "sound", "--format", "html", "-o", str(tmp_path), "--lang", "en")

    assert done.exit_code == 3
    assert done.stdout == ""
    assert f"{tmp_path}: It could not be written" in done.stderr


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ("ics", "no calendar was written (card-missing)"),
        ("html", "not a snapshot"),
        ("terminal", "not a snapshot"),
        ("json", "not a snapshot"),
    ],
)
def test_where_nothing_is_shown_no_file_is_touched(form: str, said: str, tmp_path: Path) -> None:
    bad, kept = tmp_path / "bad.json", tmp_path / "keep"
    bad.write_bytes(encode(load("card-missing").snapshot) if form == "ics" else b"{}")
    kept.write_text("kept")
    asked = ("diagnose", str(bad), "--format", form, "--lang", "en")

    over, new = (_run(*asked, "-o", str(file)) for file in (kept, tmp_path / "new"))
    shown = _run(*asked)

    assert kept.read_text() == "kept"
    assert not (tmp_path / "new").exists()
    for done in (over, new, shown):
        assert done.exit_code == (2 if form == "ics" else 3)
        assert done.stdout == ""
        assert said in done.stderr
        assert done.stderr.count("\n") == 1


def test_a_calendar_has_the_dates_of_those_desks_that_have_any(tmp_path: Path) -> None:
    files = []
    for name in ("card-missing", "nes-expiring"):
        files.append(str(tmp_path / f"{name}.json"))
        Path(files[-1]).write_bytes(encode(load(name).snapshot))

    done = _run("diagnose", *files, "--format", "ics", "--at", load("nes-expiring").at.isoformat())

    assert done.stdout.startswith("BEGIN:VCALENDAR")
    assert done.stderr == ""


def test_nothing_in_a_file_of_json_can_command_a_terminal(tmp_path: Path) -> None:
    saved, file = tmp_path / "desk.json", tmp_path / "out.json"
    saved.write_bytes(encode(desk(host="masa\u202e\x9b")))

    _run("diagnose", str(saved), "--format", "json", "-o", str(file))

    body = file.read_text("utf-8")
    assert "masa\\u202e\\u009b" in body
    assert body.replace("\n", "").isprintable()


def test_a_file_is_laid_out_for_no_terminal(tmp_path: Path) -> None:
    file = tmp_path / "masa.txt"
    command = [sys.executable, "-m", "cardtool", "practice", "sound", "--lang", "en"]
    narrow = {**os.environ, "COLUMNS": "40", "PYTHONIOENCODING": "ascii"}

    subprocess.run([*command, "-o", str(file)], env=narrow, check=False)
    shown = subprocess.run(command, env=narrow, check=False, capture_output=True).stdout.decode()

    body = file.read_text("utf-8")
    assert "\N{CHECK MARK}" in body
    assert "\N{CHECK MARK}" not in shown
    assert max(map(len, shown.splitlines())) <= 40 < max(map(len, body.splitlines())) <= 80


def test_no_style_is_left_of_what_is_no_more() -> None:
    folder = Path(views.__file__).parent / "people" / "templates"
    style = (folder / "style.css").read_text("utf-8")
    pages = "".join(each.read_text("utf-8") for each in folder.glob("*.html"))
    selectors = " ".join(re.findall(r"([^{};]+)\{", style))
    used = (
        set(re.findall(r"[a-z-]+", " ".join(re.findall(r'"[^"]*"', pages))))
        | set(Mark)
        | {*OWN, "open", "write"}
    )

    assert set(re.findall(r"\.([a-z][a-z-]*)", selectors)) <= used
    tags = set(re.findall(r"(?<![\w.:@-])([a-z]+[1-4]?)(?![\w-]*[(=-])", selectors))
    assert (
        tags
        - {
            *("media", "screen", "and", "print", "page", "max", "width"),
            *("dark", "scope", "rowgroup", "href"),
        }
        <= TAGS
    )


def test_the_number_is_masked_unless_it_is_to_be_kept(tmp_path: Path) -> None:
    saved = tmp_path / "desk.json"
    saved.write_bytes(msgspec.json.encode(desk()))
    asked = ("diagnose", str(saved), "--format", "html")

    masked, kept = _run(*asked), _run(*asked, "--keep-personal")

    assert "10*******90" in masked.stdout
    assert NUMBER not in masked.stdout
    assert HOLDER in masked.stdout
    assert NUMBER in kept.stdout


def test_saved_desks_make_one_page_with_the_institutions_procedures(tmp_path: Path) -> None:
    files = []
    for host in ("masa-1", "masa-2"):
        ending = nes(ends_at=AT + timedelta(days=80))
        files.append(tmp_path / f"{host}.json")
        files[-1].write_bytes(msgspec.json.encode(desk(held(ending), host=host)))
    at = ("--at", AT.isoformat())
    config = tmp_path / "config.toml"
    config.write_text('institution = "kirikkale-ism"\n')
    runner = CliRunner(env={"CARDTOOL_CONFIG": str(config)})

    done = runner.invoke(main, ["diagnose", *map(str, files), *at, "--format", "html"])

    page = Page(done.stdout)
    assert done.exit_code == 1
    assert [name for name, _ in page.tags].count("article") == 2
    shown = sum(one.get("id", "") != "" for _, one in page.tags)
    assert page.blocks.count("Kırıkkale İl Sağlık Müdürlüğü") == 1 + shown  # the header, procedures
