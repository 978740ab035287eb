# SPDX-License-Identifier: Apache-2.0
"""Questions to the store: lists, counts, orders, forecasts and changes, for now or another day."""
