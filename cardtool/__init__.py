# SPDX-License-Identifier: Apache-2.0
"""cardtool names the broken link between a reader, a card and its certificate."""

__version__ = "0.1.0"

BUILT_ON = "2026-11-01"
"""A day before this version was finished: a clock that shows an earlier one is wrong."""
