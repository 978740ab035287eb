# SPDX-License-Identifier: Apache-2.0
"""Out of the store: a workstation, a person, or snapshots that are old."""
