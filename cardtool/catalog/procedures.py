# SPDX-License-Identifier: Apache-2.0
"""The procedures (procedures.toml), and the steps of one for a role in an institution."""

import pkgutil
import tomllib

import msgspec

from cardtool.model.once import once
from cardtool.model.procedure import Guide, Institution, Procedure, Role


class _File(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    procedure: tuple[Procedure, ...]


@once
def load() -> dict[str, Procedure]:
    """Give every procedure by its name, in the order they are listed in."""
    text = (pkgutil.get_data(__name__, "procedures.toml") or b"").decode()
    return {each.name: each for each in msgspec.convert(tomllib.loads(text), _File).procedure}


def guide(procedure: Procedure, role: Role | None, institution: Institution) -> Guide:
    """Return how a procedure goes there, for one role or for all."""
    return Guide(
        name=procedure.name,
        role=role,
        institution=institution,
        at_hand=procedure.at_hand,
        steps=tuple(
            step
            for step in procedure.steps
            if (role is None or not step.roles or role in step.roles)
            and all(key in institution.facts for key in (*step.facts, *step.needs))
            and not any(key in institution.facts for key in step.unless)
        ),
    )
