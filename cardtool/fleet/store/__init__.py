# SPDX-License-Identifier: Apache-2.0
"""The database of workstations and their snapshots.

`database` opens it, and `migrations` bring an older one up to date. `tables` declares what it
holds, `bodies` compresses the snapshots, and `history` reads them. `judged_by` records by which
rules the columns were judged.
"""
