# SPDX-License-Identifier: Apache-2.0
"""The tests: `./run test` runs them all."""
