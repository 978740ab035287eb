# SPDX-License-Identifier: Apache-2.0
"""Turns codes and facts into sentences of a language.

Decides nothing, lays nothing out. The words are in the TOML files beside this one:
`[finding.CODE]`, `[step.CODE]`, `[label]`. A value goes into a sentence as it was found, except
that the id of a card becomes its name in `[card]`. A value is never read as a pattern.
"""

import re
import string
from collections.abc import Mapping
from contextlib import suppress
from datetime import date, datetime, timedelta, tzinfo
from typing import TYPE_CHECKING, Any

from cardtool.model.once import once
from cardtool.model.turkey import days_past

if TYPE_CHECKING:
    from cardtool.model.diagnosis import Finding
    from cardtool.model.procedure import Fact

LANGUAGES = ("tr", "en")
"""The languages that have words; English is used for any other."""

_UNITS = (("day", 24 * 60), ("hour", 60), ("minute", 1))
"""The units that a span of time is counted in, and the minutes of each."""

_DAYS = frozenset({
    "apply_by_at", "begins_at", "ends_at", "good_at", "issuer_ends_at", "not_after_at",
    "not_before_at", "revoked_at",
})  # fmt: skip
"""Moments of which people need only the day."""

_FOR_PEOPLE = _DAYS - {"not_after_at", "not_before_at"} | {
    "after", "amount", "before", "card", "clock_at", "count", "currency", "driver", "drivers",
    "evidence_at", "model", "offset", "parts", "product", "products", "program", "programs",
    "provider", "version",
}  # fmt: skip
"""Facts that a sentence for everybody may have."""

_AHEAD = frozenset({"days_left", "days_past", "days_to_wait"})
"""Numbers of days, which `near` shows; a finding with one is shown without its moments."""

_SENTENCE_END = re.compile(r"(?<=[^\WA-ZÇĞİÖŞÜ_]\.|[)}]\.) (?=[\w{])")
"""Where a sentence of a pattern ends; an abbreviation in capitals, T.C., ends none."""

_EXPERT = re.compile(
    r" \([^()]*\{(?:reason|usb|atr)\}[^()]*\)|: \{(?:module|label|reader|holder)\}"
)
"""Parts that a first sentence can do without."""

_VARIABLE = re.compile(r"`[^`]*`|\d+")
"""What differs between reasons of one kind."""

_UNKNOWN = "…"
"""Stands for each fact if a sentence is shown without facts, as when a code is explained."""


@once
def load_help(language: str) -> dict[str, dict[str, str]]:
    """Give the help of the command line by its English sentences.

    Under `click` are messages about wrong command lines, under `reason` what the system and
    msgspec give as reasons. Without such a file, the help is in English. It is JSON, because a
    `--help` would wait three times as long for the same file in TOML.
    """
    import pkgutil  # noqa: PLC0415 - as below

    try:
        body = pkgutil.get_data(__name__, f"help.{language}.json") or b""
    except FileNotFoundError:
        return {"click": {}, "reason": {}, "help": {}}
    import json  # noqa: PLC0415

    help_: dict[str, dict[str, str]] = json.loads(body)
    return help_


@once
def load_words(language: str) -> dict[str, Any]:
    """Give the words of a language of `LANGUAGES`, read once a process."""
    import pkgutil  # noqa: PLC0415 - `--help` wants the list of languages, no words
    import tomllib  # noqa: PLC0415

    return tomllib.loads((pkgutil.get_data(__name__, f"{language}.toml") or b"").decode())


def _names(pattern: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(pattern) if name}


class Text:
    """The words of one language, and the time zone moments are shown in."""

    def __init__(
        self,
        language: str,
        zone: tzinfo | None = None,
        command: str = "cardtool",
        institution: Mapping[str, str] | None = None,
    ) -> None:
        """Choose a language of `LANGUAGES`, and a time zone; None: the machine's.

        `command` is what the user types to start this program, for steps that name it.
        `institution` holds the values of the user's institution by their placeholders.
        """
        self._words = load_words(language)
        self._zone = zone
        self._given = {**(institution or {}), "command": command}
        self.language = language

    def into(self, language: str) -> "Text":
        """Return the same in another language."""
        given = self._given.copy()
        return Text(language, self._zone, given.pop("command"), given)

    def says(self, finding: "Finding") -> str:
        """Say what was found.

        Some codes have other sentences for certificates of another provider than Kamu SM, or for a
        `phase` such as the last day.
        """
        return self._fill(self._pattern(finding), finding.facts)

    def _pattern(self, finding: "Finding") -> str:
        parts = self._words["finding"][finding.code]
        phase = parts.get(f"says-{finding.facts.get('phase')}", parts["says"])
        return str(parts.get("says-elsewhere", phase) if finding.road else phase)

    def plainly(self, finding: "Finding", at: datetime, *, with_reader: bool) -> str:
        """Say what was found, without what only experts read; days are named as seen from a moment.

        A later sentence is kept only if people need its facts. They need the reader if there are
        several.
        """
        facts = finding.facts
        allowed = _FOR_PEOPLE | ({"reader", "readers"} if with_reader else set())
        if _AHEAD.isdisjoint(facts):
            allowed |= {"not_before_at", "not_after_at"}
        if finding.code.startswith("nes-revoked"):
            allowed |= {"reason"}
        first, *rest = _SENTENCE_END.split(self._pattern(finding))
        kept = [_EXPERT.sub("", first)]
        kept += (each for each in rest if allowed.issuperset(_names(each)))
        moments = {name: datetime.fromisoformat(str(facts[name])) for name in _DAYS & facts.keys()}
        days = {name: self.plain_day(moment, at) for name, moment in moments.items()}
        plain = {**facts, **self._to_the_minute(facts), **days}
        said = " ".join(self._fill(each, plain).rstrip() for each in kept)
        return said if said.endswith(".") else f"{said}."

    def _to_the_minute(self, facts: Mapping[str, str | int]) -> dict[str, str]:
        """Return the moments among facts, each as its day and minute."""
        named = ((name, str(value)) for name, value in facts.items() if name.endswith("_at"))
        moments = {name: datetime.fromisoformat(value) for name, value in named}
        return {name: f"{self.day(at)} {self.local(at):%H:%M}" for name, at in moments.items()}

    def counted(self, key: str, count: int) -> str:
        """Say a count, with the words for one or for several."""
        return self.label(key if count == 1 else f"{key}s", count=str(count))

    def means(self, code: str, phase: object = None) -> str:
        """Say why a finding matters, or how it comes about; some say so for a `phase` of it."""
        parts = self._words["finding"][code]
        return str(parts.get(f"means-{phase}", parts["means"]))

    def step(self, code: str, facts: Mapping[str, str | int]) -> str:
        """Say what to do, moments to the minute; `facts` are those of the step's finding.

        Where facts are missing, as in an explanation without a workstation, the step's plain
        sentence is said if it needs none of them.
        """
        parts, given = self._words["step"][code], {**facts, **self._given}
        says, plain = parts["says"], parts.get("says-plain", parts["says"])
        is_lacking = bool(_names(says) - _names(plain) - given.keys())
        return self._fill(plain if is_lacking else says, {**given, **self._to_the_minute(given)})

    def procedure(self, name: str, part: str) -> str:
        """Say of a procedure its `title`, what it is for (`says`) or how long it `takes`."""
        return self._fill(self._words["procedure"][name][part], self._given)

    def whole_procedure(self, name: str) -> str:
        """Say which command shows a procedure whole."""
        return self.label("whole-procedure", name=name, title=self.procedure(name, "title"))

    def guide(self, code: str, *, typed: bool = True) -> str:
        """Say one step of a procedure, with the institution's facts.

        `typed`: with what can be typed besides, where it has something.
        """
        parts = self._words["guide"][code]
        said = parts["says"] + (f" {parts['typed']}" if typed and "typed" in parts else "")
        return self._fill(said, self._given)

    def at_hand(self, code: str) -> str:
        """Name a thing to have ready."""
        return str(self._words["at-hand"][code])

    def label(self, key: str, **facts: str) -> str:
        """Return a word or a sentence of the layout, with its facts."""
        words = str(self._words["label"][key])
        return self._fill(words, {**facts, **self._given}) if "{" in words else words

    def of_fact(self, key: str, fact: "Fact") -> str:
        """Say with a label where a fact of an institution is written and when it was seen there."""
        return self.label(key, source=fact.source, checked=self.day(fact.checked))

    def card(self, name: str) -> str:
        """Say what people call a card, by its id in the catalogue or its own name."""
        return str(self._words["card"].get(name, name))

    def refusal(self, code: str, facts: Mapping[str, str | int]) -> str:
        """Say why an input was refused, and what to do about it."""
        reason = {"reason": self._reason(str(facts["reason"]))} if "reason" in facts else {}
        return self._fill(self._words["refusal"][code], {**facts, **reason})

    def _reason(self, reason: str) -> str:
        """Translate a reason that others gave in English, if it is a known one."""
        pattern = load_help(self.language)["reason"].get(_VARIABLE.sub("{}", reason))
        return pattern.format(*_VARIABLE.findall(reason)) if pattern else reason

    def moment(self, moment: datetime) -> str:
        """Show a moment to the second with its offset."""
        shown = self.local(moment)
        offset = shown.strftime("%z")
        parts = {"time": f"{shown:%H:%M:%S}", "offset": f"{offset[:3]}:{offset[3:5]}"}
        return self._fill(self._words["moment"]["says"], {**self._day(shown), **parts})

    def day(self, day: date) -> str:
        """Show a day, or the day of a moment in the zone."""
        shown = self.local(day) if isinstance(day, datetime) else day
        return self._fill(self._words["moment"]["day"], self._day(shown))

    def near(self, kind: str, moment: datetime, at: datetime) -> str:
        """Say how long a certificate has `left`, is `past` its end or has to `wait`, and which day.

        A span under a day is in hours or minutes, and its day has the time.
        """
        minutes = max(abs(moment - at) // timedelta(minutes=1), 1)
        unit, count = next((unit, minutes // size) for unit, size in _UNITS if minutes >= size)
        if kind != "left" and unit == "day":
            count = abs(days_past(moment, at))
        span = self.counted(f"span-{unit}", count)
        time = "" if unit == "day" else f" {self.local(moment):%H:%M}"
        return self.label(f"near-{kind}", span=span, day=self.plain_day(moment, at) + time)

    def plain_day(self, moment: datetime, at: datetime) -> str:
        """Name the day of a moment as people do, with the year only if it is not this year."""
        shown = self.local(moment)
        key = "near" if shown.year == self.local(at).year else "far"
        return self._fill(self._words["moment"][key], self._day(shown))

    def short_day(self, moment: datetime) -> str:
        """Show the day of a moment as a line of a list has room for it."""
        return self.local(moment).strftime(self.label("list-day"))

    def _day(self, day: date) -> dict[str, str | int]:
        return {
            "day": f"{day.day:02}",
            "bare_day": day.day,
            "month": f"{day.month:02}",
            "month_name": self._words["moment"]["months"][day.month - 1],
            "year": f"{day.year:04}",
        }

    def local(self, moment: datetime) -> datetime:
        """Return a moment in the zone that moments are shown in.

        One at the edge of the calendar, which the zone would push out of it, keeps its own offset.
        So does one that Windows' own zone lacks: before 1970 and after 3000.
        """
        try:
            return moment.astimezone(self._zone)
        except (OverflowError, OSError):
            return moment

    def _fill(self, pattern: str, facts: Mapping[str, str | int]) -> str:
        return "".join(
            literal + ("" if name is None else self._value(name, facts))
            for literal, name, _, _ in string.Formatter().parse(pattern)
        )

    def _value(self, name: str, facts: Mapping[str, str | int]) -> str:
        value = str(facts.get(name, _UNKNOWN))
        if name == "card":
            return self.card(value)
        if name.endswith("_at"):
            with suppress(ValueError):
                return self.moment(datetime.fromisoformat(value))
        if name == "unseen":
            return ", ".join(
                str(self._words["label"].get(f"link-{link}", link)) for link in value.split(", ")
            )
        if name == "reason":
            return str(self._words["label"].get(f"revoked-{value}", value))
        return value
