# SPDX-License-Identifier: Apache-2.0
# ruff: noqa: E501 - the names of tests are as long as they are
"""Which unit tests are about POSIX, and why: a plugin of pytest leaves them out on Windows."""

import sys
from collections.abc import Mapping

import pytest

FILES: Mapping[str, str] = {
    "test_run.py": "the shell script that sets up a Debian",
    "test_run_environments.py": "the shell script that sets up a Debian",
    "test_rig.py": "the rig runs on Linux",
    "test_polkit.py": "polkit rules readers on Linux",
    "test_isolation.py": "signals, and modules that a compiler makes: test_hostile.py has Windows'",
    "test_fleet_bar.py": "terminals of Unix",
    "test_fleet_rejudge.py": "terminals of Unix",
    "test_turn.py": "a lock that processes inherit, of which Windows has none",
    "test_fleet_import_ends.py": "processes as Linux lists them",
    "test_outlets.py": "named pipes in folders",
    "test_regularfile.py": "named pipes in folders",
}
"""Whole files."""

_MACHINE_ID = "/etc/machine-id; Windows has its own in the registry"
_TERMINAL = "a terminal of Unix, at which somebody types"
_MODE = "the mode of a file"
_LINK = "symbolic links, of which Wine makes none"
_PIPE = "a named pipe in a folder"
_XDG = "the folders of XDG"
_QUOTES = "the quotes of a Unix shell"
_PATH = "the folders of PYTHONPATH, which the Python of the package does not take"
_CTYPES = "on Windows, ctypes asks the system for the folders of a person"
_SYSFS = "USB as Linux shows it"
_SOFTHSM = "SoftHSM is installed on Linux"
_SIGNAL = "signals"
_LIMIT = "limits of a process, which fill a disk here"

TESTS: Mapping[str, str] = {
    "test_accounts.py::test_the_registered_name_of_who_used_sudo_is_known": "sudo",
    "test_binary.py::test_a_real_library_of_this_machine_fits_it": "libraries as Linux maps them",
    "test_certs.py::test_several_chains_do_not_go_into_one_file": _SOFTHSM,
    "test_certs.py::test_what_cannot_be_parsed_is_listed_and_leaves_in_every_form": _SOFTHSM,
    "test_cli.py::test_a_file_that_standard_output_leads_to_is_written_on_and_not_replaced": "/dev and /proc",
    "test_cli.py::test_a_module_that_cannot_be_one_is_refused_before_anything_is_asked": "a folder that is a file is ENOTDIR",
    "test_cli.py::test_a_module_whose_name_is_no_text_is_refused": "a file name that is no UTF-8",
    "test_cli.py::test_a_pipe_named_as_a_file_is_written_to": _PIPE,
    "test_cli.py::test_a_snapshot_is_written_whole_or_not_at_all": _MODE,
    "test_cli.py::test_an_interrupt_ends_quietly": _SIGNAL,
    "test_cli.py::test_closed_streams_leave_the_exit_status": "a Unix shell",
    "test_cli.py::test_help_waits_for_nothing_but_click": _CTYPES,
    "test_cli.py::test_judging_and_explaining_need_no_device_library": _CTYPES,
    "test_cli.py::test_verbose_names_no_account_and_no_home_and_moves_no_cursor": "a folder's name that Windows cannot have",
    "test_fleet_forget.py::test_on_a_full_disk_it_says_what_is_done_and_what_is_not": _LIMIT,
    "test_fleet_spool.py::test_on_a_full_disk_it_says_so_and_what_waits_stays_whole": _LIMIT,
    "test_fleet_spool.py::test_only_its_owner_reads_what_waits": _MODE,
    "test_lists_cli.py::test_a_workbook_does_not_go_to_a_terminal": _TERMINAL,
    "test_clients.py::test_a_name_that_is_no_utf8_hides_no_program": "a program of Linux that uses PC/SC",
    "test_config.py::test_a_place_that_cannot_be_reached_is_told": "a folder that is a file is ENOTDIR",
    "test_config.py::test_the_users_file_overrides_the_systems_key_by_key": _XDG,
    "test_config.py::test_what_is_no_regular_file_is_refused_unread": _PIPE,
    "test_console.py::test_a_file_is_replaced_whole": _MODE,
    "test_console.py::test_a_signal_that_ends_it_leaves_no_draft": _SIGNAL,
    "test_console.py::test_what_a_code_page_lacks_is_spelt_with_what_it_has": "code pages of Linux: test_consoles.py has Windows' own",
    "test_fleet_delivery.py::test_a_folder_that_lets_nobody_write_is_away_and_says_so": _MODE,
    "test_fleet_delivery.py::test_whoever_sends_first_keeps_nobody_out_of_the_share": _MODE,
    "test_fleet_hostile.py::test_ten_thousand_hostile_files_are_all_accounted_for": "a file name that is no UTF-8",
    "test_fleet_import_aside.py::test_a_snapshot_that_takes_too_long_is_set_aside_and_the_others_are_taken": _SIGNAL,
    "test_fleet_import_aside.py::test_a_sparse_file_is_moved_and_not_copied": "the blocks of a file",
    "test_fleet_import_aside.py::test_nobody_else_may_read_what_is_set_aside": _MODE,
    "test_docs.py::test_a_generated_page_is_current": _TERMINAL,
    "test_fleet_import_changes.py::test_a_file_that_changes_while_it_is_imported_is_accounted_for_once_a_visit": "a file that is replaced while it is open",
    "test_fleet_import_links.py::test_a_folder_for_what_is_set_aside_must_be_no_link": _LINK,
    "test_fleet_import_links.py::test_a_link_in_a_folder_is_not_followed": _LINK,
    "test_fleet_import_links.py::test_a_link_that_is_swapped_in_while_it_runs_leads_nowhere": _LINK,
    "test_fleet_import_links.py::test_a_link_where_a_file_was_is_neither_read_nor_set_aside": _LINK,
    "test_fleet_prune.py::test_at_a_terminal_it_asks": _TERMINAL,
    "test_fleet_register_merging.py::test_at_a_terminal_it_asks_before_many_go": _TERMINAL,
    "test_fleet_store.py::test_a_file_is_read_by_its_owner_alone_and_keeps_a_log_beside_it": _MODE,
    "test_guide.py::test_a_person_at_a_terminal_is_asked_on_standard_error": _TERMINAL,
    "test_guide.py::test_a_person_who_leaves_is_let_go": _TERMINAL,
    "test_guide.py::test_commands_that_are_shown_name_the_institution_that_was_named": _QUOTES,
    "test_guide.py::test_guiding_needs_no_device_library": _CTYPES,
    "test_host.py::test_the_pcsc_daemon_of_this_machine_is_found": "pcscd is Linux's",
    "test_host.py::test_the_place_where_pcsc_listens_is_told_only_of_a_socket": "a socket of Unix",
    "test_identity.py::test_a_kept_one_that_cannot_be_read_is_drawn_anew": _MACHINE_ID,
    "test_identity.py::test_the_identifier_is_made_as_systemd_makes_one": _MACHINE_ID,
    "test_identity.py::test_the_identifier_stays_and_does_not_show_the_systems_own": _MACHINE_ID,
    "test_identity.py::test_where_nothing_can_be_kept_it_is_an_error": _MACHINE_ID,
    "test_identity.py::test_without_one_of_the_system_a_random_one_is_drawn_and_kept": _MACHINE_ID,
    "test_installing.py::test_from_a_folder_it_comes_from_that_folder": _QUOTES,
    "test_installing.py::test_from_a_wheel_it_comes_from_that_wheel": _QUOTES,
    "test_installing.py::test_in_the_environment_of_run_it_is_run": _QUOTES,
    "test_installing.py::test_without_a_record_it_comes_from_the_source": _QUOTES,
    "test_installing.py::test_without_its_source_the_packages_are_named": _QUOTES,
    "test_institutions.py::test_a_name_of_no_profile_is_one_clear_sentence": "paths that begin with /",
    "test_institutions.py::test_of_two_configuration_files_the_one_whose_name_holds_is_told": _XDG,
    "test_institutions.py::test_what_is_no_regular_file_is_refused_unread": _PIPE,
    "test_language.py::test_a_refusal_speaks_a_new_language": _PATH,
    "test_language.py::test_every_code_and_every_procedure_is_explained_in_a_new_language": _PATH,
    "test_language.py::test_every_practice_case_is_shown_in_a_new_language_in_each_format": _PATH,
    "test_language.py::test_other_commands_speak_a_new_language": _PATH,
    "test_last_good.py::test_what_another_user_put_there_is_not_read": _MODE,
    "test_last_good.py::test_without_a_name_it_lies_in_the_persons_own_folder": _XDG,
    "test_machine_formats.py::test_every_console_and_every_place_gets_the_same_bytes": _TERMINAL,
    "test_modules.py::test_a_configured_module_comes_last_and_a_file_is_listed_once": "p11-kit",
    "test_modules.py::test_a_module_of_p11_kits_configuration_is_found": "p11-kit",
    "test_modules.py::test_a_module_that_p11_kit_keeps_from_this_program_is_not": "p11-kit",
    "test_modules.py::test_p11_kits_priority_decides_the_order": "p11-kit",
    "test_practice.py::test_practice_needs_no_device_library": _CTYPES,
    "test_signing.py::test_no_dump_of_memory_is_written_where_a_pin_is": _LIMIT,
    "test_signing.py::test_what_is_no_text_is_refused_as_a_pin_and_not_repeated": _TERMINAL,
    "test_start.py::test_a_start_imports_no_more_than_it_needs": _CTYPES,
    "test_surroundings.py::test_a_usb_device_that_keeps_its_readers_waiting_keeps_nobody_else": _SYSFS,
    "test_usb.py::test_a_bus_that_cannot_be_listed_is_a_failure_with_its_reason": _SYSFS,
    "test_usb.py::test_a_device_that_is_not_let_in_is_known_by_its_descriptors": _SYSFS,
    "test_usb.py::test_a_device_that_vanishes_while_it_is_read_is_left_out": _SYSFS,
    "test_usb.py::test_a_device_without_a_readable_id_is_left_out": _SYSFS,
    "test_usb.py::test_a_reader_is_told_by_id_name_maker_class_and_port": _SYSFS,
    "test_usb.py::test_a_reader_of_an_unknown_maker_is_kept_for_its_class": _SYSFS,
    "test_usb.py::test_a_reader_that_is_no_ccid_device_has_another_class": _SYSFS,
    "test_usb.py::test_a_suspended_reader_is_asleep": _SYSFS,
    "test_usb.py::test_an_interface_that_is_not_let_in_blocks_only_what_it_carries": _SYSFS,
    "test_usb.py::test_devices_that_come_and_go_harm_nobody": _SYSFS,
    "test_usb.py::test_drivers_are_read_where_a_reader_is_on_usb": _SYSFS,
    "test_usb.py::test_every_model_of_the_catalogue_is_kept_whatever_its_class": _SYSFS,
    "test_usb.py::test_looking_loads_no_native_library_on_this_system": _SYSFS,
    "test_usb.py::test_what_a_device_says_of_itself_can_always_be_written_down": _SYSFS,
    "test_web_client.py::test_a_server_that_says_no_before_it_has_read_all_is_heard": "what is left to read after a reset",
    "test_wholefile.py::test_it_is_its_owners_alone_or_as_new_files_are": _MODE,
    "test_wholefile.py::test_whoever_writes_a_file_follows_no_link_at_its_name_or_its_drafts": _LINK,
}
"""Single tests, by file and name without parameters."""


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what is about POSIX."""
    if sys.platform != "win32":
        return
    out = [each for each in items if f"{each.path.name}::{each.name.partition('[')[0]}" in TESTS]
    config.hook.pytest_deselected(items=out)
    items[:] = [each for each in items if each not in out]
