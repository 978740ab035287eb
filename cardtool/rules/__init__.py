# SPDX-License-Identifier: Apache-2.0
"""What the facts of a snapshot mean at a moment.

Pure: no clock, no file but the catalogue, no device, no words. A rule is a generator of findings;
`RULES` is all there are, in the order of the chain.
"""

from collections.abc import Callable, Iterator
from datetime import datetime

from cardtool.model.diagnosis import Diagnosis, Finding, Link, Severity
from cardtool.model.snapshot import Snapshot
from cardtool.rules import (
    cards,
    certificates,
    desk,
    fitting,
    host,
    modules,
    readers,
    service,
    signing,
    tokens,
    trust,
)
from cardtool.rules.causes import only_seen, without_consequences, without_others
from cardtool.rules.codes import ROWS, naming, on_platform
from cardtool.rules.nearby import with_nearby
from cardtool.rules.providers import with_roads
from cardtool.rules.renewal import Policy

RULES: tuple[Callable[[Snapshot, datetime, Policy], Iterator[Finding]], ...] = (
    host.check,
    service.check,
    readers.check,
    cards.check,
    modules.check,
    tokens.check,
    certificates.check,
    trust.check,
    signing.check,
)

_LOST = ("driver-hung", "driver-crashed")
"""Codes of a module that gave no answer, not even whether it needs a reader."""

_DEFAULT_POLICY = Policy()


def diagnose(snapshot: Snapshot, at: datetime, policy: Policy = _DEFAULT_POLICY) -> Diagnosis:
    """Judge a snapshot for a moment, which carries an offset.

    If the cause of a finding was found, the finding itself is left out (`Row.explains`); but a
    cause in one reader explains nothing in another reader. If an NES is in force, another card that
    cannot be read is only noted (`Row.elsewhere`), because the holder can sign. Another card that
    was read is judged as usual: it is somebody's, so an expired or locked card decides the verdict
    even if the other card can sign.
    """
    rules = RULES if snapshot.running is None else (host.check,)  # another check used the cards
    given = (finding for rule in rules for finding in rule(snapshot, at, policy))
    findings = only_seen(given, snapshot)
    left = without_others(without_consequences(findings, snapshot), snapshot, at)
    computer, programs = snapshot.host, desk.programs(snapshot)
    named = (naming(each, programs) for each in left)
    here = (on_platform(each, computer.platform, computer.machine) for each in named)
    shown = list(with_roads(with_nearby(here, snapshot), snapshot))
    of_unknown_kind = {
        module.path
        for module in snapshot.modules
        if fitting.is_named(module) and fitting.module_id(module) is None
    }
    shown.sort(key=lambda finding: (-finding.severity.rank, _place(finding, of_unknown_kind)))
    todo = in_order([finding for finding in shown if finding.severity is not Severity.OK])
    turns = {code: turn for turn, code in enumerate(todo)}
    shown.sort(key=lambda finding: (-finding.severity.rank, turns.get(finding.code, -1)))
    well = (finding for finding in shown if finding.severity is Severity.OK and finding.steps)
    todo += dict.fromkeys(finding.code for finding in well)
    return Diagnosis(
        at=at,
        severity=shown[0].severity,
        verdict=_deciding(shown).code,
        findings=tuple(shown),
        todo=tuple(todo),
        snapshot=snapshot,
    )


def in_order(troubles: list[Finding]) -> list[str]:
    """Return the codes of troubles, each once, in the order in which their steps can be done.

    It is the order given, except that a trouble comes after those that must be mended first
    (`Row.first_for`).
    """
    codes = list(dict.fromkeys(finding.code for finding in troubles))
    return list(dict.fromkeys(each for code in codes for each in _with_first(code, codes)))


def _with_first(code: str, codes: list[str]) -> Iterator[str]:
    """Yield what must be mended before a trouble, and then its code."""
    for before in codes:
        if code in ROWS[before].first_for:
            yield from _with_first(before, codes)
    yield code


def _place(finding: Finding, of_unknown_kind: set[str]) -> float:
    """Return where a finding stands in the chain.

    A named module of an unknown kind that gave no answer may need no reader. So its finding comes
    before that of a missing reader or card.
    """
    if finding.code in _LOST and finding.facts["module"] in of_unknown_kind:
        return Link.READER.place - 0.5
    return finding.link.place


def _deciding(findings: list[Finding]) -> Finding:
    """Return the first broken link; if all is well, the certificate in force."""
    if findings[0].severity is not Severity.OK:
        return findings[0]
    return next((finding for finding in findings if finding.code == "nes-valid"), findings[-1])
