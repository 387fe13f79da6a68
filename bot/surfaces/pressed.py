"""A pressed button of ours, read alike on both surfaces: what it does is sealed in it."""

from __future__ import annotations

from bot.call import Actor, Call, Opened
from bot.surfaces.tokens import BadToken, Sealer


def read_pressed(token: object, *, server_id: str, actor: Actor, sealer: Sealer) -> Call:
    """Raises BadToken for anything that we did not put there, or not for this person."""
    claims = sealer.unseal("button", token, user_id=actor.user_id)
    command, ask = claims.pop("command", ""), claims.pop("ask", "")
    if not command:
        raise BadToken
    return Call(
        server_id=server_id,
        command=command,
        actor=actor,
        opened=Opened.ASKING_BUTTON if ask else Opened.BUTTON,
        values=dict(claims),
        memory=dict(claims),
    )
