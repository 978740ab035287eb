# SPDX-License-Identifier: Apache-2.0
"""Brings snapshots into the store.

`run` is an import from beginning to end. `files` finds the files, and `folders` opens them without
following a link. `texts` divides what stands in them into `pieces`. `judging` makes rows of these
in several processes, and `writing` writes the rows. `finishing` counts, and removes or moves each
file; `rejected` keeps those that are no snapshots.
"""
