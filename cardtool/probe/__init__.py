# SPDX-License-Identifier: Apache-2.0
"""Asks the machine and records its answers in its own words; never judges them.

Begin with `workstation.take_snapshot`. Nothing is imported here: each worker loads this file before
its job, so every millisecond counts several times.
"""
