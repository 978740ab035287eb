# SPDX-License-Identifier: Apache-2.0
"""Keeps what a desk was like that can sign: later it tells what has changed."""

from cardtool.model.diagnosis import Diagnosis
from cardtool.probe import last_good


def remember(diagnosis: Diagnosis) -> None:
    """Keep a desk that is ready; while its clock is doubted what was kept stays as a witness."""
    codes = {each.code for each in diagnosis.findings}
    if "clock-went-back" in codes:
        last_good.doubt(diagnosis.snapshot.taken_at)
    elif "desk-ready" in codes:
        last_good.remember(diagnosis.snapshot)
