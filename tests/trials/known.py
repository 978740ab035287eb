# SPDX-License-Identifier: Apache-2.0
"""All trials, in the order of docs/reliability.md."""

from tests.trials import Trial, certificates, patterns

TRIALS: tuple[Trial, ...] = (certificates.TRIAL, patterns.TRIAL)
