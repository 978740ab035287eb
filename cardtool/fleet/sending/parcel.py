# SPDX-License-Identifier: Apache-2.0
"""Prepares a snapshot to leave the workstation, with as much in it as the site's policy allows."""

import hashlib
from collections.abc import Iterable
from datetime import UTC

import msgspec
from msgspec.structs import replace

from cardtool.model.origin import IdentityPolicy, Origin
from cardtool.model.redact import leaving
from cardtool.model.snapshot import Snapshot, SnapshotError, decode

_DIGEST_DIGITS = 16


def parcel(
    snapshot: Snapshot, origin: Origin, key: bytes, accounts: Iterable[str] = ()
) -> tuple[str, bytes]:
    """Return the name that a snapshot keeps for ever, and its bytes: one line of JSON.

    The name holds the moment first, so that names sort by it. `key` is that of the hash; a
    policy that hashes nothing needs none. `accounts` are of whoever runs the program.
    """
    sent = leaving(replace(snapshot, origin=origin), origin.identity, key, accounts)
    body = msgspec.json.encode(sent) + b"\n"
    moment = snapshot.taken_at.astimezone(UTC).strftime("%Y%m%dT%H%M%S.%fZ")
    digest = hashlib.sha256(body).hexdigest()[:_DIGEST_DIGITS]
    return f"{moment}-{origin.host_id}-{digest}.json", body


def allowed(
    name: str,
    body: bytes,
    policy: IdentityPolicy,
    key: bytes,
    accounts: Iterable[str] = (),
) -> tuple[str, bytes]:
    """Return a snapshot that waited as today's policy lets it leave: never more than it had.

    The name is the same each time, for the bytes are. A number that was masked before is hashed
    without its middle, so under `hashed` it is not joined with later ones. `accounts` are of
    whoever runs the program.

    Raises:
        SnapshotError: it cannot be read, so nobody can say what of a person is in it.
    """
    if policy is IdentityPolicy.FULL:
        return name, body
    snapshot = decode(body)
    origin = snapshot.origin
    order = list(IdentityPolicy)
    if origin is not None and order.index(origin.identity) >= order.index(policy):
        return name, body
    if origin is None:
        raise SnapshotError(name)
    return parcel(snapshot, replace(origin, identity=policy), key, accounts)
