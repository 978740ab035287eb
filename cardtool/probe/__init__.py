# SPDX-License-Identifier: Apache-2.0
"""Asks the machine and records its answers in its own words; never judges them.

Start reading at `workstation.take_snapshot`. Nothing is imported here, because each worker loads
this file before its job.
"""
