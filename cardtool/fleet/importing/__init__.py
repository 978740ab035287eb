# SPDX-License-Identifier: Apache-2.0
"""Into the store: files read, snapshots judged in processes, rows written, the rest set aside."""
