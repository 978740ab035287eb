# SPDX-License-Identifier: Apache-2.0
"""Many workstations: sending and collecting their snapshots, keeping them, asking of them.

Its rooms: `sending` at a workstation; where they are collected `importing`, `store`, `asking`,
`removing` and `register`. `columns` declares what the store holds, `pool` has the processes that
judge, `settings` what a configuration file may say.

Needs no reader and no device library. It adds no judgement and lays nothing out: what a stored
snapshot means is `rules`' to say, how a list looks a view's.
"""
