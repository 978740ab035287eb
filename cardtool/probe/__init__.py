# SPDX-License-Identifier: Apache-2.0
"""Looking at the machine and recording what it said, in its own words; never judging.

`workstation.take_snapshot` is the way in. Nothing is imported here: a worker passes through this
file on its way to one job, and every millisecond of it counts three times.
"""
