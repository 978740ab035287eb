# SPDX-License-Identifier: Apache-2.0
"""How a person reaches who helps: telephone, a letter that is ready to send, pages, their QR codes.

No number and no address of a device is ever among them: they come from the lists of providers and
from the facts of the institution.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple
from urllib.parse import quote

import segno
from markupsafe import Markup

from cardtool.catalog import providers
from cardtool.model.diagnosis import Actor, Diagnosis
from cardtool.model.procedure import Guide, Institution
from cardtool.text import Text
from cardtool.views.harmless import escape, harmless
from cardtool.views.people import contents

_MOST_CODES = 4
"""QR codes on one sheet; more, nobody finds the right one."""

_LONGEST_SUBJECT, _LONGEST = 300, 1600
"""Letters of an encoded subject and letter; Windows hands a mail program 2,048 at most."""


class Way(NamedTuple):
    """One button: what it opens, and what stands on it."""

    kind: str
    """`call`, `write` or `open`."""
    href: str
    words: str


def ways(
    diagnosis: Diagnosis,
    sections: Sequence[tuple[str, list[contents.Act]]],
    pages: Iterable[str],
    guides: Mapping[str, Guide],
    text: Text,
) -> list[Way]:
    """Return the buttons below the first thing to do; `pages` are our own links in its steps.

    Where all is well there are none.
    """
    acts = [act for label, group in sections if label == "steps" for act in group]
    if not acts:
        return []
    found = []
    if phone := _phone(acts[0], institution_of(guides)):
        found.append(Way("call", f"tel:{_dialled(phone)}", text.label("html-call", phone=phone)))
    found += [Way("open", page, text.label("html-open", page=_short(page))) for page in pages][:1]
    return [*found, Way("write", letter(diagnosis, text), text.label("html-write"))]


def letter(diagnosis: Diagnosis, text: Text) -> str:
    """Return the address of a letter to whoever helps, ready but for the name of the receiver."""
    deciding, host = harmless(diagnosis.deciding), escape(diagnosis.snapshot.host.name)
    lines = [
        text.label("letter-begins"),
        "",
        text.says(deciding),
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


def _phone(act: contents.Act, institution: Institution) -> str:
    """Return whom to call about the first thing to do; empty: nobody, or there is no number."""
    is_about_provider = act.procedures or any(actor is Actor.PROVIDER for actor, _ in act.steps)
    if not is_about_provider:
        return ""
    if road := act.finding.road:
        known = (one for one in providers.load() if one.contact == road.get("own_provider"))
        return next((one.phone for one in known), "")
    fact = institution.facts.get("provider_phone")
    return fact.value if fact else ""


def _dialled(phone: str) -> str:
    return "".join(letter for letter in phone if letter in "+0123456789")


def _short(page: str) -> str:
    return page.split("//", 1)[-1].split("/", 1)[0].removeprefix("www.")
