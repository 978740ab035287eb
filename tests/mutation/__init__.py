# SPDX-License-Identifier: Apache-2.0
"""Mutation testing: small faults are put into the rules, the model and the lists, one at a time.

A fault that no test notices, a survivor, is behaviour that nobody tests, or code that decides
nothing. `make mutants` runs it; mutmut makes the faults, as `[tool.mutmut]` in pyproject.toml says.
"""
