# SPDX-License-Identifier: Apache-2.0
"""The steps, each named after the version it leads to."""
