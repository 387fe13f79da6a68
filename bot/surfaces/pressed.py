"""A pressed button of ours, read alike on both surfaces: what it does is sealed in it."""

from __future__ import annotations

from bot.call import Actor, Call, Opened, Value
from bot.core.cards import Select
from bot.surfaces.tokens import BadToken, Sealer

# Before the name of what somebody filled in, in the memory of a button that goes on: it may still be changed.
GIVEN = "="
FILLS = "fills"
OTHER = "other"


def select_claims(select: Select) -> dict[str, str]:
    """What has to be sealed so that a choice is read as the value of that field."""
    return {**select.args, "command": select.command, FILLS: select.fills}


def read_pressed(token: object, *, server_id: str, actor: Actor, sealer: Sealer, chosen: str = "") -> Call:
    """Raises BadToken for anything that we did not put there, or not for this person.

    What was `chosen` comes from the browser and is no more believed than what somebody types.
    """
    claims = sealer.unseal("button", token, user_id=actor.user_id)
    command, ask = claims.pop("command", ""), claims.pop("ask", "")
    if not command:
        raise BadToken
    given = {name.removeprefix(GIVEN): value for name, value in claims.items() if name.startswith(GIVEN)}
    claims = {name: value for name, value in claims.items() if not name.startswith(GIVEN)}
    if field := claims.pop(FILLS, ""):
        ask = ask or ("1" if chosen in ("", OTHER) else "")
        given |= {} if ask else {field: chosen}
    return Call(
        server_id=server_id,
        command=command,
        actor=actor,
        opened=Opened.ASKING_BUTTON if ask else Opened.BUTTON,
        values={**claims, **given},
        memory=dict(claims),
    )


def carried(value: Value) -> str:
    """As a text that every kind of field reads back."""
    return ", ".join(f'"{one}"' if "," in one else one for one in value) if isinstance(value, tuple) else str(value)
