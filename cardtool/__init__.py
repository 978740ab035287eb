# SPDX-License-Identifier: Apache-2.0
"""cardtool names the broken link between a reader, a card and its certificate."""

__version__ = "0.1.0"
