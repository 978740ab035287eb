# SPDX-License-Identifier: Apache-2.0
"""Prepares a snapshot to leave the workstation, with as much in it as the site's policy allows."""

import hashlib
from collections.abc import Iterable
from datetime import UTC

import msgspec
from msgspec.structs import replace

from cardtool.model.redact import leaving
from cardtool.model.snapshot import Snapshot, SnapshotError, decode
from cardtool.model.surroundings import IdentityPolicy, Origin


def parcel(
    snapshot: Snapshot, origin: Origin, key: bytes, accounts: Iterable[str] = ()
) -> tuple[str, bytes]:
    """Return the name that a snapshot keeps for ever, and its bytes: one line of JSON.

    The name begins with the moment, so that names sort by it. `key` is the key of the hash; only
    the policy `hashed` needs it. `accounts` are those of the person who runs the program.
    """
    sent = leaving(replace(snapshot, origin=origin), origin.identity, key, accounts)
    body = msgspec.json.encode(sent) + b"\n"
    moment = snapshot.taken_at.astimezone(UTC).strftime("%Y%m%dT%H%M%S.%fZ")
    digest = hashlib.sha256(body).hexdigest()[:16]
    return f"{moment}-{origin.host_id}-{digest}.json", body


def allowed(
    name: str, body: bytes, policy: IdentityPolicy, key: bytes, accounts: Iterable[str] = ()
) -> tuple[str, bytes]:
    """Return a waiting snapshot as today's policy lets it leave; nothing hidden comes back.

    The name is the same each time, because the bytes are. If a number was masked before, only its
    masked form can be hashed: under `hashed` that hash differs from the person's later ones.
    `accounts` are those of the person who runs the program.

    Raises:
        SnapshotError: it cannot be read, so nobody knows what it says of people.
    """
    if policy is IdentityPolicy.FULL:
        return name, body
    snapshot = decode(body)
    origin, order = snapshot.origin, list(IdentityPolicy)
    if origin is None:
        raise SnapshotError(name)
    if order.index(origin.identity) >= order.index(policy):
        return name, body
    return parcel(snapshot, replace(origin, identity=policy), key, accounts)
