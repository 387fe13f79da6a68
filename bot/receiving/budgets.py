"""Who sends more than all others together is asked to come back later: once for an integration, once for a server.

Kept in memory, for each process on its own: a limit that holds roughly is enough, and it must cost nothing.
"""

from __future__ import annotations

from bot.clock import Clock
from bot.core.budgets import Account, Budget, spent
from bot.core.integrations import Integration
from bot.core.neutral import neutral
from bot.core.text import say
from bot.errors import OverBudget
from bot.notices import Notices

BURST = 10_000
# What one server may send, in budgets of an integration.
OF_SERVER = 4
REMEMBERED = 10_000
# Looks into the database, of up to a hundred alert groups each, for those who ask about alerts instead of sending them.
LOOKS = Budget(per_second=4, burst=240)


class Accounts:
    """What is left of a budget: for each integration, and for each server."""

    def __init__(self, budget: Budget, clock: Clock) -> None:
        self._of_integration = budget
        self._of_server = Budget(per_second=budget.per_second * OF_SERVER, burst=budget.burst * OF_SERVER)
        self._clock = clock
        self._accounts: dict[str, Account] = {}

    def spend(self, integration: Integration, amount: int) -> None:
        """Raises OverBudget."""
        now = self._clock()
        if len(self._accounts) >= REMEMBERED:
            self._accounts.clear()
        own, server = integration.id, f"server {integration.server_id}"
        after, seconds = spent(self._accounts.get(own), amount, budget=self._of_integration, now=now)
        if seconds:
            raise OverBudget(seconds)
        of_server, seconds = spent(self._accounts.get(server), amount, budget=self._of_server, now=now)
        if seconds:
            raise OverBudget(seconds, of_server=True)
        self._accounts[own], self._accounts[server] = after, of_server


class Budgets:
    """One per process. `per_second` is how many alerts an integration may send in the long run; 0 is no limit."""

    def __init__(self, per_second: int, notices: Notices, clock: Clock) -> None:
        self._per_second = per_second
        self._notices = notices
        self._accounts = Accounts(Budget(per_second=per_second, burst=BURST), clock)

    def spend(self, integration: Integration, alerts: int) -> None:
        """Raises OverBudget; then the channel is told, too."""
        if not self._per_second:
            return
        try:
            self._accounts.spend(integration, alerts)
        except OverBudget as over:
            (self._tell_of_server if over.of_server else self._tell)(integration)
            raise

    def _tell(self, integration: Integration) -> None:
        text = say(
            "**{integration}** sends more than {most} alerts a second for long, so the bot asks it to send some again "
            "later. Senders that try again lose nothing. Find out what fires so often, or let it group.",
            integration=neutral(integration.name, 60),
            most=self._per_second,
        )
        self._notices.tell(integration, "budget", text)

    def _tell_of_server(self, integration: Integration) -> None:
        text = say(
            "The integrations here send more than {most} alerts a second together for long, so the bot asks them, "
            "**{integration}** among them, to send some again later. Senders that try again lose nothing.",
            integration=neutral(integration.name, 60),
            most=self._per_second * OF_SERVER,
        )
        self._notices.tell(integration, "budget of server", text)
