"""The JSON requests behind buttons and dialogs: how they are sent and how their failures reach the client."""

import orjson

from bot.simulator.errors import ApiError
from bot.simulator.outgoing import Outgoing, Unreachable
from bot.simulator.profiles import Profile
from bot.simulator.records import Json

FAILED = "api.post.do_action.action_integration.app_error"
_HEADERS = {"Content-Type": "application/json", "Accept": "application/json"}


async def post_callback(outgoing: Outgoing, profile: Profile, url: str, body: Json) -> bytes:
    """The answer's body if its status is exactly 200; raises ``ApiError`` with the status the client sees."""
    try:
        answer = await outgoing.send("POST", url, headers=_HEADERS, body=orjson.dumps(body))
    except Unreachable as error:
        raise ApiError(400, FAILED, "Action integration error.", str(error)) from error
    if answer.status != 200:
        raise ApiError(_shown_status(profile, answer.status), FAILED, "Action integration error.", f"{answer.status=}")
    return answer.body


def _shown_status(profile: Profile, status: int) -> int:
    if not profile.maps_upstream_status:
        return 400
    if status in (429, 503):
        return status
    return 502 if status >= 500 else 400
