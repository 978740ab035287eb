# SPDX-License-Identifier: Apache-2.0
"""Recipes of what is handed to people: a package of each system."""
