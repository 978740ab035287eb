# SPDX-License-Identifier: Apache-2.0
"""Many workstations: sending and collecting their snapshots, keeping them, asking of them.

Its rooms: `sending` at a workstation; where they are collected `importing`, `store`, `asking`,
`removing` and `register`. `columns` declares what the store holds, `pool` has the processes that
judge, `settings` what a configuration file may say.

It needs no reader and no device library. It judges nothing and lays nothing out: `rules` say what a
stored snapshot means, and views show lists.
"""
