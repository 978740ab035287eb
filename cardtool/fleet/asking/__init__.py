# SPDX-License-Identifier: Apache-2.0
"""Answers questions about the stored workstations.

First `advance` judges what is due. Then `audit` lists and counts workstations (`questions` says
which, `another_day` how they stand on another day). `cards`, `forecast`, `orders` and `changes` are
a question each.
"""
