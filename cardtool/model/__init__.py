# SPDX-License-Identifier: Apache-2.0
"""The records every other part speaks in. Depends on nothing of ours; holds no judgement."""
