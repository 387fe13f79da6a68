"""The short-lived tokens of Apps: sessions of ten minutes, reused and extended (Apps plugin v1.2.2)."""

from bot.simulator.apps.core import Core
from bot.simulator.state import Token

SESSION_MILLISECONDS = 10 * 60 * 1000
EXTEND_WHEN_LEFT = 5 * 60 * 1000


class AppSessions:
    """One session for each App and user."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self._known: dict[tuple[str, str], Token] = {}

    def token(self, app_id: str, user_id: str) -> str:
        """A token with more than five minutes left."""
        now = self._core.state.now()
        session = self._known.get((app_id, user_id))
        if session is None or session.expires_at <= now:
            session = self._create(app_id, user_id, now)
        elif session.expires_at - now <= EXTEND_WHEN_LEFT:
            session.expires_at = now + SESSION_MILLISECONDS
        return session.secret

    def forget(self, app_id: str) -> None:
        """Hand these tokens out no more; those already out live until they expire."""
        self._known = {key: session for key, session in self._known.items() if key[0] != app_id}

    def revoke(self, app_id: str) -> None:
        """End all live sessions of the App, as deleting its OAuth app does."""
        state = self._core.state
        for token in [token for token in state.tokens.values() if token.kind == "app" and token.app_id == app_id]:
            state.revoke(token)

    def _create(self, app_id: str, user_id: str, now: int) -> Token:
        session = self._core.state.issue_token(user_id, "app", app_id=app_id, expires_at=now + SESSION_MILLISECONDS)
        self._known[(app_id, user_id)] = session
        return session
