# SPDX-License-Identifier: Apache-2.0
"""What pages for people show of findings: which steps, which mark, which codes for support."""

from collections.abc import Iterable

from cardtool.model.diagnosis import Diagnosis, Finding, Severity
from cardtool.views.harmless import harmless

_NEUTRAL = frozenset({"clock-zone"})
"""Findings that nothing depends on at this workstation, and that are not good either."""


def marked(finding: Finding) -> Severity | None:
    """Return whose mark stands beside a finding; None: it is neither good nor bad."""
    return None if finding.code in _NEUTRAL else finding.severity


def to_act_on(diagnosis: Diagnosis) -> Iterable[Finding]:
    """Return what decides, then, where nothing is broken, what to do if signing fails all the same.

    The latter is told once, of however many cards it holds.
    """
    deciding = harmless(diagnosis.deciding)
    if deciding.severity not in (Severity.OK, Severity.WARNING):
        return (deciding,)
    well = (
        finding
        for finding in diagnosis.findings
        if finding.severity is Severity.OK and finding.steps
    )
    once = {finding.code: harmless(finding) for finding in well}
    return {deciding.code: deciding, **once}.values()


def codes_for_support(diagnosis: Diagnosis) -> Iterable[str]:
    """Return the code that decides and those of all that is not well, each once."""
    codes = [finding.code for finding in diagnosis.findings if finding.severity is not Severity.OK]
    return dict.fromkeys([diagnosis.verdict, *codes])
