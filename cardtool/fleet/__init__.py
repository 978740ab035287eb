# SPDX-License-Identifier: Apache-2.0
"""Many workstations: sends their snapshots, collects and keeps them, and answers questions.

Its rooms: a workstation uses `sending`; the place that collects uses `importing`, `store`,
`asking`, `removing` and `register`. `columns` declares what the store holds, `pool` has the
processes that judge, and `settings` says what a configuration file may set.

It needs no reader and no device library. It judges nothing and lays nothing out: `rules` say what a
stored snapshot means, and views show lists.
"""
