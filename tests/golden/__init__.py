# SPDX-License-Identifier: Apache-2.0
"""What people and programs are shown, kept as files that are read when they change."""
