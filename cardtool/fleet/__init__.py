# SPDX-License-Identifier: Apache-2.0
"""Many workstations: sending and collecting their snapshots, keeping them, asking of them.

Needs no reader and no device library. It adds no judgement and lays nothing out: what a stored
snapshot means is `rules`' to say, how a list looks a view's.
"""
