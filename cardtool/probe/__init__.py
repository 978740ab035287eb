# SPDX-License-Identifier: Apache-2.0
"""Asks the machine and records its answers in its own words; never judges them.

`workstation.take_snapshot` is the way in. Nothing is imported here: a worker passes through this
file on its way to one job, and every millisecond of it counts three times.
"""
