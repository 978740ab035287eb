# SPDX-License-Identifier: Apache-2.0
# `make check` is all that CI runs. `./run test` makes the environment it needs.
PY ?= .venv/bin/python

TWO = --numprocesses 2 --dist worksteal
PURE = cardtool/model/*,cardtool/catalog/*,cardtool/practice/*,cardtool/rules/*,cardtool/text/*,cardtool/views/*

.PHONY: check style types imports cover test real windows long mutants format generated dist wheel

check: style types imports cover

style:
	$(PY) -m ruff format --check .
	$(PY) -m ruff check .
	$(PY) -m codespell_lib
	shellcheck run .ci/run tests/rig/bare_root tests/windows/wine

types:
	$(PY) -m mypy --platform linux
	$(PY) -m mypy --platform win32
	$(PY) -m mypy --platform darwin

imports:
	$(PY) -c 'from importlinter.cli import lint_imports_command; lint_imports_command()'

# Two processes share the tests: each takes a run of neighbours, so that their rig is made once.
cover:
	$(PY) -m coverage erase
	$(PY) -m coverage run -m pytest $(TWO)
	$(PY) -m coverage combine --quiet
	$(PY) -m coverage report --fail-under 90
	$(PY) -m coverage report --include '$(PURE)' --fail-under 100

test:
	$(PY) -m pytest -m 'not real'

real:
	$(PY) -m pytest -m real

# The Windows branch, under Wine: docs/windows.md.
windows:
	tests/windows/wine make
	$(PY) -m tests.windows.prepare
	CARDTOOL_ON_WINDOWS=yes $(PY) -m pytest tests/windows $(TWO) --durations 20

# What CI does not run: every test in a random order, then properties with 2000 new examples each.
# Either prints what repeats a failure: `--random-order-seed`, or `@reproduce_failure`.
long:
	$(PY) -m pytest --random-order $(TWO)
	$(PY) -m pytest --hypothesis-profile random -m hypothesis

# Small faults in the rules, the model and the lists, which a test should notice: an hour or more.
# `make mutants ONLY=cardtool/rules/timeline.py` tries those of one module, `WITH='--sample 400'` some.
mutants:
	$(PY) -m pip install --quiet -e '.[fleet,test,mutants]'
	nice -n 19 $(PY) -m tests.mutation $(ONLY) $(WITH)

format:
	$(PY) -m ruff format .
	$(PY) -m ruff check --fix .

# That they are current is itself a test: a page or golden file that differs fails `make check`.
generated:
	$(PY) docs/generate.py
	$(PY) -m tests.golden.write

# The wheel, and on Debian the packages for Windows: docs/windows.md says how they are signed.
dist: wheel
	tests/windows/wine make
	$(PY) -m packages.windows.build dist

wheel:
	$(PY) -m pip wheel --no-deps --wheel-dir dist .
