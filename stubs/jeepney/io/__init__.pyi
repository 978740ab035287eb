# SPDX-License-Identifier: Apache-2.0
"""The package of jeepney that reads and writes; its modules are beside this file."""
