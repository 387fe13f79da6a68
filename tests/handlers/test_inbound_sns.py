"""Amazon SNS with real signatures: a stand-in of Amazon behind TLS, known to the bot by Amazon's name."""

import base64
import json
import socket
import ssl
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest
from aiohttp.abc import AbstractResolver, ResolveResult
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from tornado.httpclient import AsyncHTTPClient
from tornado.httpserver import HTTPServer
from tornado.ioloop import IOLoop
from tornado.testing import bind_unused_port
from tornado.web import Application, RequestHandler, url

from bot.clock import Clock
from bot.contexts.integrations import KEY_PURPOSE
from bot.core.changes import Change
from bot.core.integrations import Integration
from bot.core.servers import Server
from bot.integrations import sns
from bot.notices import Notices
from bot.outgoing.client import Client
from bot.outgoing.guard import Guard
from bot.receiving.held import Held
from bot.receiving.intake import Intake
from bot.receiving.reception import Reception
from bot.receiving.sns import SnsMessages
from bot.storage.stores import Stores
from bot.templates.pool import Pool
from bot.templates.templating import Templating
from bot.vault import Vault, generate_keys
from handlers.inbound_sns import InboundSns
from tests.certificates import certificate, pem, server_side
from tests.clock import HeldClock

SERVER = "server-one"
AMAZON = "sns.eu-west-1.amazonaws.com"
CERTIFICATE = f"https://{AMAZON}/SimpleNotificationService-0123456789abcdef.pem"
KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
OTHER_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)


@dataclass
class Amazon:
    """What SNS would answer, and what it was asked."""

    certificate: bytes
    status: int = 200
    asked: list[str] = field(default_factory=list)


class Answers(RequestHandler):
    def initialize(self, amazon: Amazon) -> None:
        self.amazon = amazon

    def get(self) -> None:
        self.amazon.asked.append(self.request.uri or "")
        self.set_status(self.amazon.status)
        self.finish(self.amazon.certificate)


class OneName(AbstractResolver):
    """A name service that knows Amazon only, at a port of ours."""

    def __init__(self, port: int) -> None:
        self._port = port

    async def resolve(self, host: str, port: int = 0, family: int = 0) -> list[ResolveResult]:
        if host != AMAZON:
            raise OSError("no such name")
        return [
            ResolveResult(
                hostname=host,
                host="127.0.0.1",
                port=self._port,
                family=socket.AF_INET,
                proto=0,
                flags=socket.AI_NUMERICHOST,
            )
        ]

    async def close(self) -> None:
        """Nothing is open."""


@dataclass(frozen=True, kw_only=True)
class Parts:
    clock: Clock
    vault: Vault
    stores: Stores
    reception: Reception
    sns: SnsMessages
    notices: Notices
    held: Held = field(default_factory=Held)


@dataclass(frozen=True, kw_only=True)
class Bot:
    stores: Stores
    amazon: Amazon
    port: int

    async def post(self, message: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        response = await AsyncHTTPClient().fetch(
            f"http://127.0.0.1:{self.port}/integrations/v1/amazon_sns/key/",
            method="POST",
            body=json.dumps(message),
            headers={"Content-Type": "text/plain; charset=UTF-8", "x-amz-sns-message-type": message.get("Type", "")},
            raise_error=False,
        )
        return response.code, json.loads(response.body)


@pytest.fixture
def bot(stores: Stores, clock: HeldClock, io_loop: IOLoop, tmp_path: Path) -> Iterator[Bot]:
    clock.advance(seconds=(datetime.now(UTC) - clock()).total_seconds())  # certificates are of today
    amazon = Amazon(certificate=pem(certificate(KEY, AMAZON)))
    context, trusted = server_side(AMAZON, tmp_path)
    cloud = HTTPServer(Application([(r"/.*", Answers, {"amazon": amazon})], log_function=_silent), ssl_options=context)
    cloud_socket, cloud_port = bind_unused_port()
    cloud.add_socket(cloud_socket)
    trust = ssl.create_default_context(cafile=str(trusted))
    opened: list[Client] = []

    async def prepare() -> Parts:
        outgoing = Client(Guard((ip_network("127.0.0.0/8"),)), names=OneName(cloud_port), tls=trust)
        opened.append(outgoing)
        vault = Vault(generate_keys())
        await stores.servers.add(Change(doc=Server(id=SERVER, name="Home", created_at=clock(), channel_id="town")))
        source = Integration(
            id="i1",
            server_id=SERVER,
            name="AWS",
            kind="amazon_sns",
            key_digests=(vault.digest(KEY_PURPOSE, "key"),),
            created_at=clock(),
        )
        await stores.integrations.add(Change(doc=source))
        notices = Notices(stores.integrations, clock)
        reception = Reception(stores, Intake(stores, clock), clock, Templating(Pool(), notices))
        return Parts(
            clock=clock,
            vault=vault,
            stores=stores,
            reception=reception,
            sns=SnsMessages(outgoing, clock),
            notices=notices,
        )

    given = {"services": io_loop.run_sync(prepare)}
    server = HTTPServer(
        Application([url(r"/integrations/v1/(amazon_sns)/([^/]+)/", InboundSns, given)], log_function=_silent)
    )
    bound, port = bind_unused_port()
    server.add_socket(bound)
    yield Bot(stores=stores, amazon=amazon, port=port)
    for one in (server, cloud):
        one.stop()
        io_loop.run_sync(one.close_all_connections)
    io_loop.run_sync(opened[0].close)


def _silent(_: RequestHandler) -> None:
    pass


def signed(message: dict[str, Any], *, version: str = "2", key: rsa.RSAPrivateKey = KEY) -> dict[str, Any]:
    """As Amazon signs: https://docs.aws.amazon.com/sns, "Verifying the signatures of Amazon SNS messages"."""
    names = ["Message", "MessageId", "Subject", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"]
    if message["Type"] == "Notification":
        names = [name for name in names if name not in ("SubscribeURL", "Token")]
    else:
        names.remove("Subject")
    text = "".join(f"{name}\n{message[name]}\n" for name in names if name in message)
    algorithm = hashes.SHA1() if version == "1" else hashes.SHA256()
    signature = key.sign(text.encode(), padding.PKCS1v15(), algorithm)
    return {
        **message,
        "SignatureVersion": version,
        "Signature": base64.b64encode(signature).decode(),
        "SigningCertURL": CERTIFICATE,
    }


def alarm(clock: HeldClock, state: str = "ALARM") -> dict[str, Any]:
    message: dict[str, Any] = json.loads(sns.KIND.sample(clock()))
    return message | {"Message": json.dumps(json.loads(message["Message"]) | {"NewStateValue": state})}


SUBSCRIPTION = {
    "Type": "SubscriptionConfirmation",
    "MessageId": "165545c9-2a5c-472c-8df2-7ff2be2b3b1b",
    "Token": "2336412f37",
    "TopicArn": "arn:aws:sns:eu-west-1:123456789012:alarms",
    "Message": "You have chosen to subscribe to the topic arn:aws:sns:eu-west-1:123456789012:alarms.",
    "SubscribeURL": f"https://{AMAZON}/?Action=ConfirmSubscription&Token=2336412f37",
    "Timestamp": "2012-04-26T20:45:04.751Z",
}


@pytest.mark.parametrize("version", ["1", "2"])
async def test_an_alarm_with_a_true_signature_fires_and_ends(bot: Bot, clock: HeldClock, version: str):
    assert await bot.post(signed(alarm(clock), version=version)) == (
        HTTPStatus.ACCEPTED,
        {"accepted": 1, "groups": [1]},
    )
    group = await bot.stores.groups.by_number(SERVER, 1)
    assert group is not None and (group.title, group.severity) == ("OnCall test", "critical")
    assert group.labels["InstanceId"] == "i-0123456789abcdef0"
    assert group.links[0].url.endswith("#alarmsV2:alarm/OnCall$2520test")
    await bot.post(signed(alarm(clock, "OK"), version=version))
    group = await bot.stores.groups.by_number(SERVER, 1)
    assert group is not None and not group.live
    assert len(bot.amazon.asked) == 1  # the certificate is remembered


async def test_a_subscription_is_confirmed(bot: Bot):
    status, _ = await bot.post(signed(SUBSCRIPTION))
    assert status == HTTPStatus.ACCEPTED
    assert bot.amazon.asked[-1] == "/?Action=ConfirmSubscription&Token=2336412f37"
    assert await bot.stores.payloads.last(SERVER, "i1") == b""  # it holds a token, and is nothing to try templates on


async def test_nothing_is_fetched_from_elsewhere(bot: Bot):
    for host in ("evil.example.com", f"{AMAZON}.evil.example", f"x@{AMAZON}", "s3.eu-west-1.amazonaws.com"):
        message = signed(SUBSCRIPTION) | {"SigningCertURL": f"https://{host}/x.pem"}
        assert (await bot.post(message))[0] == HTTPStatus.UNAUTHORIZED
    message = signed(SUBSCRIPTION | {"SubscribeURL": "https://evil.example.com/"})
    assert (await bot.post(message))[0] == HTTPStatus.BAD_REQUEST
    assert all("pem" in one for one in bot.amazon.asked)


@pytest.mark.parametrize(
    "harm",
    [
        {"Message": '{"AlarmName": "other", "NewStateValue": "ALARM"}'},
        {"Signature": "AAAA"},
        {"Signature": "ä"},
        {"SignatureVersion": "3"},
        {"SignatureVersion": "1"},
        {"SigningCertURL": f"http://{AMAZON}/x.pem"},
        {"SigningCertURL": f"https://{AMAZON}:8443/x.pem"},
    ],
)
async def test_what_amazon_did_not_sign_is_refused(bot: Bot, clock: HeldClock, harm: dict[str, str]):
    assert await bot.post(signed(alarm(clock)) | harm) == (HTTPStatus.UNAUTHORIZED, {"error": "unauthorized"})
    assert await bot.stores.groups.by_number(SERVER, 1) is None


async def test_another_key_or_an_old_certificate_proves_nothing(bot: Bot, clock: HeldClock):
    assert (await bot.post(signed(alarm(clock), key=OTHER_KEY)))[0] == HTTPStatus.UNAUTHORIZED
    bot.amazon.certificate = pem(certificate(KEY, AMAZON, valid=-timedelta(days=1)))
    other = CERTIFICATE.replace("0123", "4567")
    assert (await bot.post(signed(alarm(clock)) | {"SigningCertURL": other}))[0] == HTTPStatus.UNAUTHORIZED


async def test_raw_delivery_is_refused(bot: Bot, clock: HeldClock):
    raw = json.loads(alarm(clock)["Message"])
    assert (await bot.post(raw))[0] == HTTPStatus.UNAUTHORIZED


async def test_while_amazon_is_away_sns_is_asked_to_come_back(bot: Bot, clock: HeldClock):
    bot.amazon.status = 503
    assert (await bot.post(signed(alarm(clock))))[0] == HTTPStatus.SERVICE_UNAVAILABLE
    bot.amazon.status = 200
    assert (await bot.post(signed(alarm(clock))))[0] == HTTPStatus.ACCEPTED


@pytest.mark.parametrize(
    ("message", "title", "firing"),
    [
        ("Backup failed\nsee the log", "Nightly backup", True),
        ('{"detail": {"title": "Port probe", "severity": 5}, "id": "x"}', "Nightly backup", True),
        ('{"alert": "x", "status": "resolved"}', "Nightly backup", False),
        ("{broken", "Nightly backup", True),
    ],
)
def test_other_messages(clock: HeldClock, message: str, title: str, firing: bool):
    given = json.loads(sns.KIND.sample(clock())) | {"Subject": "Nightly backup", "Message": message}
    (bundle,) = sns.payload_of(given).bundles
    assert bundle.alerts[0].firing is firing
    assert bundle.title in (title, "Port probe")
