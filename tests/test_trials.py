# SPDX-License-Identifier: Apache-2.0
"""A few cases of every trial; docs/reliability.md has the figures of whole runs."""

import pytest

from tests.trials import Trial
from tests.trials.known import TRIALS


def _parameter(trial: Trial) -> object:
    marks = (pytest.mark.real,) if trial.is_real else ()
    return pytest.param(trial, id=trial.name, marks=marks)


@pytest.mark.parametrize("trial", [_parameter(trial) for trial in TRIALS])
def test_no_promise_breaks(trial: Trial) -> None:
    results = list(trial.run(trial.few, 1))

    assert [each for each in results if each] == []
    assert results
