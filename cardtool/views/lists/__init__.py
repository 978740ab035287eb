# SPDX-License-Identifier: Apache-2.0
"""Many workstations as a list: for spreadsheets, databases and monitoring."""
