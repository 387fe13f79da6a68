"""Who sends too much is asked to come back, without a look into the database; the others are not held up."""

import pytest

from bot.core.changes import Change
from bot.core.integrations import Integration
from bot.errors import OverBudget
from bot.integrations.payload import Act, Payload, Verb
from bot.notices import Notices
from bot.receiving.budgets import BURST, LOOKS, OF_SERVER, Accounts, Budgets
from bot.receiving.intake import Intake
from bot.receiving.opsgenie.api import OpsgenieApi
from bot.receiving.reception import Reception
from bot.storage.stores import Stores
from bot.templates.pool import Pool
from bot.templates.templating import Templating
from tests.clock import HeldClock


@pytest.fixture
def notices(stores: Stores, clock: HeldClock) -> Notices:
    return Notices(stores.integrations, clock)


async def source(stores: Stores, number: int = 1, server_id: str = "S1") -> Integration:
    integration = Integration(
        id=f"i{number}",
        server_id=server_id,
        name="Prom",
        kind="webhook",
        key_digests=(f"d{number}",),
        created_at=stores.integrations._clock(),
    )
    await stores.integrations.add(Change(doc=integration))
    return integration


async def told(stores: Stores, notices: Notices, id_: str) -> list[str]:
    await notices.written()
    claims = await stores.integrations.load([("S1", id_)])
    return [waiting.do["about"] for waiting in claims[id_].outbox]


async def test_a_burst_is_taken_and_who_goes_on_is_refused_and_told_once(
    stores: Stores, clock: HeldClock, notices: Notices
):
    budgets, prom = Budgets(300, notices, clock), await source(stores)
    budgets.spend(prom, BURST)
    for _ in range(3):
        with pytest.raises(OverBudget) as over:
            budgets.spend(prom, 300)
        assert over.value.retry_after == 1
    assert await told(stores, notices, "i1") == ["budget"]
    clock.advance(seconds=1)
    budgets.spend(prom, 300)


async def test_one_integration_does_not_use_up_the_budget_of_another(
    stores: Stores, clock: HeldClock, notices: Notices
):
    budgets, prom, other = Budgets(300, notices, clock), await source(stores), await source(stores, 2)
    budgets.spend(prom, BURST)
    budgets.spend(other, BURST)


async def test_many_integrations_of_one_server_share_a_budget(stores: Stores, clock: HeldClock, notices: Notices):
    budgets = Budgets(300, notices, clock)
    for number in range(OF_SERVER):
        budgets.spend(await source(stores, number), BURST)
    last = await source(stores, OF_SERVER)
    with pytest.raises(OverBudget):
        budgets.spend(last, 1)
    assert await told(stores, notices, last.id) == ["budget of server"]
    budgets.spend(await source(stores, 77, server_id="S2"), BURST)


async def test_what_a_sender_does_beside_its_alerts_counts_too(stores: Stores, clock: HeldClock, notices: Notices):
    """Each act is a look into the database and a write, and a payload may hold fifty thousand."""
    intake, prom = Intake(stores, clock, budgets=Budgets(300, notices, clock)), await source(stores)
    acts = tuple(Act(key=str(number), verb=Verb.ACKNOWLEDGE) for number in range(BURST))
    assert (await intake.accept(prom, Payload(bundles=(), acts=acts))).groups == ()
    with pytest.raises(OverBudget):
        await intake.accept(prom, Payload(bundles=(), acts=acts[:300]))


async def test_what_is_done_to_one_alert_at_a_time_counts_too(stores: Stores, clock: HeldClock, notices: Notices):
    """Opsgenie's API acts without a payload: else fifty thousand requests would cost nothing."""
    budgets, prom = Budgets(300, notices, clock), await source(stores)
    intake = Intake(stores, clock, budgets=budgets)
    api = OpsgenieApi(
        stores, Reception(stores, intake, clock, Templating(Pool(), notices)), clock, Accounts(LOOKS, clock)
    )
    budgets.spend(prom, BURST - 1)
    await api.act(prom, "close", "disk", "alias", {})
    with pytest.raises(OverBudget):
        await api.act(prom, "close", "disk", "alias", {})
    assert intake.refused == 1


async def test_without_a_limit_nothing_is_counted(stores: Stores, clock: HeldClock, notices: Notices):
    budgets, prom = Budgets(0, notices, clock), await source(stores)
    for _ in range(10):
        budgets.spend(prom, 10 * BURST)
