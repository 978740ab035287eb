# SPDX-License-Identifier: Apache-2.0
"""All trials, in the order of docs/reliability.md."""

from tests.trials import Trial, PLUGGED, TRIAL, TRIALS, TWO_THREADS, certificates, crowds, disturbed, files, leaks, patterns, threads, tuple)
