# SPDX-License-Identifier: Apache-2.0
"""Follows this workstation as it changes: what PC/SC tells, a check for each change, a page."""
