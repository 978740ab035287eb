# SPDX-License-Identifier: Apache-2.0
"""The database: its tables, what lies in them compressed, and how older ones are brought up."""
