"""Amazon's signature cannot be had from Amazon's API, and cannot be left out."""

import pytest

from bot.contexts.integrations import KEY_PURPOSE
from bot.core.changes import Change
from bot.core.integrations import Integration
from bot.integrations import sns
from bot.integrations.sns import certificate_at
from tests.scenarios.world import World

HOST = "https://sns.eu-west-1.amazonaws.com"
FILE = "SimpleNotificationService-0123456789abcdef0123456789abcdef.pem"


@pytest.fixture
def surface() -> str:
    return "apps-9.5"


def test_a_certificate_is_where_amazon_keeps_certificates() -> None:
    assert certificate_at(f"{HOST}/{FILE}") == f"{HOST}/{FILE}"


@pytest.mark.parametrize(
    "url",
    [
        f"{HOST}/?Action=GetEndpointAttributes&EndpointArn=x&X-Amz-Signature=y",  # answers what a customer stored
        f"{HOST}/{FILE}?Action=GetEndpointAttributes",
        f"{HOST}/{FILE}#x",
        f"{HOST}/x/{FILE}",
        f"{HOST}/x.pem",
        f"{HOST}/%2e/{FILE}",
        f"{HOST}/",
        "",
        None,
    ],
)
def test_elsewhere_under_amazons_name_anybody_can_keep_a_certificate(url: object) -> None:
    assert certificate_at(url) == ""


@pytest.mark.parametrize("kind", ["amazon_sns", "aws_sns", "sns"])
async def test_a_key_in_the_header_does_not_replace_the_signature(bare_world: World, kind: str) -> None:
    world = bare_world
    await world.install_app()
    source = Integration(
        id="i1",
        server_id=world.server_id,
        name="AWS",
        kind=sns.KIND.name,
        key_digests=(world.services.vault.digest(KEY_PURPOSE, "key"),),
        created_at=world.clock(),
    )
    await world.services.stores.integrations.add(Change(doc=source))
    unsigned = sns.KIND.sample(world.clock())
    for slash in ("", "/"):
        url = f"{world.url}/integrations/v1/{kind}{slash}"
        async with world.session.post(url, data=unsigned, headers={"Authorization": "Bearer key"}) as answer:
            assert answer.status == 401
    assert await world.services.stores.groups.by_number(world.server_id, 1) is None
