# SPDX-License-Identifier: Apache-2.0
"""One diagnosis as data for other programs: JSON and calendars."""
