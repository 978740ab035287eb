# SPDX-License-Identifier: Apache-2.0
"""Requests to web servers: one client, its proxy, and the addresses that it may ask.

Loaded only by what asks a server.
"""
