# SPDX-License-Identifier: Apache-2.0
"""Which unit tests are about POSIX, and why: a plugin of pytest leaves them out on Windows."""

import sys
from collections.abc import Mapping

import pytest

FILES: Mapping[str, str] = {
    "test_run.py": "the shell script that sets up a Debian",
    "test_run_environments.py": "the shell script that sets up a Debian",
    "test_rig.py": "the rig runs on Linux",
    "test_polkit.py": "polkit rules readers on Linux",
}
"""Whole files."""

_MACHINE_ID = "/etc/machine-id; Windows has its own in the registry"

TESTS: Mapping[str, str] = {
    "test_binary.py::test_a_real_library_of_this_machine_fits_it": "libraries as Linux maps them",
    "test_host.py::test_the_pcsc_daemon_of_this_machine_is_found": "pcscd is Linux's",
    "test_host.py::test_the_place_where_pcsc_listens_is_told_only_of_a_socket": "a socket of Unix",
    "test_identity.py::test_a_kept_one_that_cannot_be_read_is_drawn_anew": _MACHINE_ID,
    "test_identity.py::test_the_identifier_is_made_as_systemd_makes_one": _MACHINE_ID,
    "test_identity.py::test_the_identifier_stays_and_does_not_show_the_systems_own": _MACHINE_ID,
    "test_identity.py::test_where_nothing_can_be_kept_it_is_an_error": _MACHINE_ID,
    "test_identity.py::test_without_one_of_the_system_a_random_one_is_drawn_and_kept": _MACHINE_ID,
    "test_modules.py::test_a_configured_module_comes_last_and_a_file_is_listed_once": "p11-kit",
    "test_modules.py::test_a_module_of_p11_kits_configuration_is_found": "p11-kit",
    "test_modules.py::test_a_module_that_p11_kit_keeps_from_this_program_is_not": "p11-kit",
    "test_modules.py::test_p11_kits_priority_decides_the_order": "p11-kit",
}
"""Single tests, by file and name without parameters."""


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what is about POSIX."""
    if sys.platform != "win32":
        return
    out = [each for each in items if f"{each.path.name}::{each.name.partition('[')[0]}" in TESTS]
    config.hook.pytest_deselected(items=out)
    items[:] = [each for each in items if each not in out]
