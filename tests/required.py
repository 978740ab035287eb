# SPDX-License-Identifier: Apache-2.0
"""What an institution tells its people, as docs/procedures.toml has it, and where each is told.

The list says what must be told and where; whether it is told there is looked up in the procedures
and the words, as a person of that role would see them.
"""

import tomllib
from collections.abc import Iterator
from pathlib import Path

import msgspec

from cardtool.catalog import procedures
from cardtool.model.procedure import Guide, Payer, Role, Step, counted
from cardtool.text import Text

_ROOT = Path(__file__).parent.parent
PLACE = "kirikkale-ism"


class Told(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One thing that must be told; the keys are told at the head of docs/procedures.toml."""

    what: str
    procedure: str
    step: str
    role: Role | None = None
    facts: dict[str, str] = {}
    shows: tuple[str, ...]
    shows_en: tuple[str, ...] = ()
    not_shows: tuple[str, ...] = ()
    payer: Payer | None = None
    after: str | None = None
    first: bool = False

    def guide(self) -> Guide:
        """Return the guide that a person of that role gets there."""
        procedure = procedures.load()[self.procedure]
        return procedures.guide(procedure, self.role, procedures.institution(PLACE))

    def number(self) -> int | None:
        """Return which step it is in that guide, from 1 on; None: there is none."""
        return self._numbers().get(self.step)

    def shown(self) -> Step:
        """Return the step as it is in that guide."""
        return next(step for step in self.guide().steps if step.code == self.step)

    def wrong(self) -> list[str]:
        """Return what is not in that step, its order or the profile as it must be."""
        turkish, english = (text(language).guide(self.step) for language in ("tr", "en"))
        found = [each for each in self.shows if each not in turkish]
        found += [each for each in self.shows_en if each not in english]
        found += [each for each in self.not_shows if each in turkish]
        profile = procedures.institution(PLACE).values()
        told = self.shown().facts
        found += [
            key for key, value in self.facts.items() if profile.get(key) != value or key not in told
        ]
        if self.payer and self.shown().payer is not self.payer:
            found.append(self.payer)
        if self.after and not self._is_after(self.after):
            found.append(self.after)
        return found

    def _is_after(self, earlier: str) -> bool:
        numbers = self._numbers()
        return earlier in numbers and numbers[earlier] < numbers[self.step]

    def _numbers(self) -> dict[str, int]:
        steps = self.guide().steps
        numbers = counted(steps)
        return {step.code: number for number, step in zip(numbers, steps, strict=True)}


class Withheld(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One thing that must not be told to people of a role."""

    what: str
    procedure: str
    role: Role
    never: tuple[str, ...]
    """Codes of steps."""

    def shown(self) -> set[str]:
        """Return those of the steps that people of the role see nevertheless."""
        procedure = procedures.load()[self.procedure]
        guide = procedures.guide(procedure, self.role, procedures.institution(PLACE))
        return {step.code for step in guide.steps} & set(self.never)


class Required(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All that docs/procedures.toml says."""

    told: tuple[Told, ...]
    withheld: tuple[Withheld, ...]


def load() -> Required:
    """Read docs/procedures.toml."""
    document = tomllib.loads((_ROOT / "docs" / "procedures.toml").read_text("utf-8"))
    return msgspec.convert(document, Required)


def text(language: str, place: str = PLACE) -> Text:
    """Return the words as they are there."""
    return Text(language, institution=procedures.institution(place).values())


def page() -> Iterator[str]:
    """Yield the parts of docs/procedures.md."""
    required, words = load(), text("en")
    yield "# Procedures"
    yield (
        f"{procedures.institution(PLACE).name} tells its people {len(required.told)} facts in its "
        "paper. This page shows in which step cardtool tells each of them; the number is that of "
        "the step in the guide for the role. A test fails if a fact has no step, or if its step "
        "does not say it. [drivers_notes/procedures.md](../drivers_notes/procedures.md) says what "
        "holds in the whole country, and from where it is known."
    )
    for name in procedures.load():
        yield f"## {name}"
        yield f"{words.procedure(name, 'title')}. {words.procedure(name, 'says')}"
        rows = [_row(told) for told in required.told if told.procedure == name]
        rows += [_never(each) for each in required.withheld if each.procedure == name]
        if rows:
            head = ("| what must be told | for | step | it says there |", "|---|---|---|---|")
            yield "\n".join((*head, *rows))
        else:
            yield "The paper does not mention it; the guide follows public pages."


def _row(told: Told) -> str:
    who = told.role.value if told.role else "all"
    shows = ", ".join(f"`{each}`" for each in (*told.facts.values(), *told.shows))
    return f"| {told.what} | {who} | {told.number() or '-'}. `{told.step}` | {shows} |"


def _never(each: Withheld) -> str:
    steps = ", ".join(f"`{step}`" for step in each.never)
    return f"| {each.what} | {each.role.value} | none of {steps} | |"
