# SPDX-License-Identifier: Apache-2.0
"""Procedures for programs, as JSON: what `views.people.guide` says to people."""

from collections.abc import Iterable, Iterator, Mapping

from cardtool.catalog.addresses import Expanded
from cardtool.model.procedure import KEYS, Fact, Guide, Institution, Kind, Step, confirm
from cardtool.text import Text
from cardtool.views.data.json import document


def render(guides: Iterable[Guide], text: Text) -> Iterator[str]:
    """Yield one document per procedure."""
    for guide in guides:
        yield document(
            {
                "schema": 1,
                **_named(guide.name, text),
                "takes": text.procedure(guide.name, "takes"),
                "institution": {"id": guide.institution.id, "name": guide.institution.name},
                "role": guide.role,
                "at_hand": [{"code": code, "says": text.at_hand(code)} for code in guide.at_hand],
                "steps": [_step(step, guide.institution, text) for step in guide.steps],
            }
        )


def listing(names: Iterable[str], text: Text) -> str:
    """Return the list of procedures as one document."""
    return document({"procedures": [_named(name, text) for name in names]})


def address(expanded: Expanded, hints: Iterable[str]) -> str:
    """Return an address, what was changed in it and what may be missing, as one document."""
    return document({"address": expanded.text, "changes": expanded.changes, "hints": list(hints)})


def receipt(name: str, lines: Mapping[str, str], source: Fact | None) -> str:
    """Return the lines of a bank receipt as one document; `name` is that of the procedure."""
    shown = [{"label": label, "value": value} for label, value in lines.items()]
    content = {"procedure": name, "needed": bool(lines), "lines": shown}
    return document({**content, **_to_confirm(source)})


def _named(name: str, text: Text) -> dict[str, str]:
    """Return the name, the title and the purpose of a procedure."""
    return {"name": name, **{part: text.procedure(name, part) for part in ("title", "says")}}


def _step(step: Step, institution: Institution, text: Text) -> dict[str, object]:
    links = [institution.facts[key].value for key in step.facts if KEYS[key].kind is Kind.LINK]
    return {
        "code": step.code,
        "actor": step.actor,
        "roles": step.roles,
        "payer": step.payer,
        **({"branch": text.label(f"branch-{step.branch}")} if step.branch else {}),
        "says": text.guide(step.code),
        **({"link": links[0]} if links else {}),
        "facts": {key: institution.facts[key] for key in step.facts},
        **_to_confirm(confirm(step, institution)),
    }


def _to_confirm(fact: Fact | None) -> dict[str, object]:
    """Return the source and the day of a fact to confirm before paying; empty: there is none."""
    return {"confirm": {"source": fact.source, "checked": fact.checked}} if fact else {}
