"""What the server tells its plugins: people who come and go, channels that are made."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Happening:
    """One event. `subject` is its name among the subscriptions of the Apps plugin."""

    subject: str
    user_id: str = ""
    channel_id: str = ""
    team_id: str = ""
