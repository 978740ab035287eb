# SPDX-License-Identifier: Apache-2.0
"""How a person reaches who helps: telephone, a letter that is ready to send, pages, their QR codes.

No number and no address of a device is ever among them: they come from the lists of providers and
from the facts of the institution.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple
from urllib.parse import quote

import segno
from markupsafe import Markup

from cardtool.catalog import providers
from cardtool.model.diagnosis import Actor, Diagnosis, Finding
from cardtool.model.procedure import Guide, Institution
from cardtool.text import Text
from cardtool.views.harmless import escape, harmless
from cardtool.views.people import contents

_MOST_CODES = 4
"""QR codes on one sheet; more, nobody finds the right one."""

_LONGEST_SUBJECT, _LONGEST = 300, 1600
"""Letters of an encoded subject and letter; Windows hands a mail program 2,048 at most."""


_OFFICER = ("tell-officer", "ask-officer-anew", "newer-card-or-officer", "apply-through-officer")
"""Steps that are a letter to the e-signature officer."""

_PROCEDURE = frozenset(
    {
        *("renew-online", "renew-on-paper", "apply-first", "apply-anew", "apply-for-update"),
    }
)
"""Steps that are a whole procedure, which stands at the end of the page."""


_BESIDE = ("call", "write")
"""What is offered of any step; what else a step leads to is a link in its sentence."""


class Way(NamedTuple):
    """What can be pressed below the steps: the page, the number or the procedure of one of them."""

    kind: str
    """`again`, `call`, `guide`, `open` or `write`."""
    href: str
    words: str
    is_first: bool = False
    """It is the first thing to do."""


class Page(NamedTuple):
    """The page that ways are on."""

    diagnosis: Diagnosis
    text: Text
    guides: Mapping[str, Guide]
    links: Callable[[str, Finding], Sequence[str]]
    """Returns the pages that a step leads to."""
    is_live: bool


def ways(acts: Iterable[contents.Act], page: Page) -> list[Way]:
    """Return what the first step offers, and whom the steps name to call or write to.

    Only what the first step is stands out, so that nobody calls about what they can do themselves.
    """
    found: dict[str, Way] = {}
    for act in acts:
        for actor, steps in act.steps:
            for number, code in steps:
                for place, way in enumerate(_offered(code, actor, act.finding, page)):
                    is_first = number == 1 and not place
                    if is_first or way.kind in _BESIDE:
                        found.setdefault(way.kind, way._replace(is_first=is_first))
    return list(found.values())


def _offered(code: str, actor: Actor, finding: Finding, page: Page) -> Iterator[Way]:
    """Yield what a step offers, what is most like it first."""
    text = page.text
    if code in _OFFICER or actor is Actor.IT:
        to = "html-write" if actor is Actor.IT else "html-write-officer"
        is_for_it = actor is Actor.IT
        yield Way("write", letter(page.diagnosis, text, is_for_it=is_for_it), text.label(to))
    if code == "run-again" and page.is_live:
        yield Way("again", "", text.label("live-again"))
    if code in _PROCEDURE:
        for name in finding.procedures:
            if name in page.guides:
                yield Way("guide", f"#{name}", text.procedure(name, "title"))
    for link in page.links(code, finding):
        yield Way("open", link, text.label("html-open", page=_short(link)))
    phone = _phone(finding, institution_of(page.guides))
    if phone and phone in text.step(code, finding.facts | finding.road):
        yield Way("call", f"tel:{_dialled(phone)}", text.label("html-call", phone=phone))


def letter(diagnosis: Diagnosis, text: Text, *, is_for_it: bool) -> str:
    """Return a mailto address with a ready text; the user adds the receiver.

    Only the IT desk is told what experts read; whose card it is and until when stands in a list.
    """
    deciding, host = harmless(diagnosis.deciding), escape(diagnosis.snapshot.host.name)
    lines = [
        text.label("letter-begins"),
        "",
        text.says(deciding)
        if is_for_it
        else text.plainly(deciding, diagnosis.at, with_reader=False),
        "",
        *(f"{text.label(key)}: {value}" for key, value in contents.facts(diagnosis, text)),
        f"{text.label('support')}: {deciding.number or deciding.code}",
    ]
    subject = _encoded(text.label("letter-subject", host=host), _LONGEST_SUBJECT)
    body = _encoded("\n".join(lines), _LONGEST)
    return f"mailto:?subject={subject}&body={body}"


def _encoded(words: str, longest: int) -> str:
    """Return words as an address has them, cut between two of their letters."""
    encoded = quote(words.replace("\n", "\r\n"), safe="")
    while len(encoded) > longest:
        words = words[: len(words) * longest // len(encoded)]
        encoded = quote(words.replace("\n", "\r\n"), safe="")
    return encoded


def institution_of(guides: Mapping[str, Guide]) -> Institution:
    """Return the institution whose procedures these are; without any it is none."""
    nowhere = Institution(id="", name="", facts={})
    return next((guide.institution for guide in guides.values()), nowhere)


def codes(pages: Iterable[str]) -> list[tuple[str, Markup]]:
    """Return addresses with their QR codes, which are shown on paper alone."""
    return [(page, _code(page)) for page in list(dict.fromkeys(pages))[:_MOST_CODES]]


def _code(page: str) -> Markup:
    code = segno.make_qr(page, error="m")
    return Markup(code.svg_inline(omitsize=True, border=2, svgclass="qr", lineclass=None))  # noqa: S704 - digits and our class


def _phone(finding: Finding, institution: Institution) -> str:
    """Return the number of the certificate's provider; empty: none is known."""
    if road := finding.road:
        known = (one for one in providers.load() if one.contact == road.get("own_provider"))
        return next((one.phone for one in known), "")
    fact = institution.facts.get("provider_phone")
    return fact.value if fact else ""


def _dialled(phone: str) -> str:
    return "".join(letter for letter in phone if letter in "+0123456789")


def _short(page: str) -> str:
    return page.split("//", 1)[-1].split("/", 1)[0].removeprefix("www.")
