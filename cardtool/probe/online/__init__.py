# SPDX-License-Identifier: Apache-2.0
"""Chain and revocation of certificates, only where somebody asked for it.

The one part of the program that uses the network. All but `asking` runs in a worker, and only
there is anything of cryptography or pyhanko-certvalidator loaded.
"""
