# SPDX-License-Identifier: Apache-2.0
"""Builds cardtool for Windows on Linux: docs/windows.md."""
