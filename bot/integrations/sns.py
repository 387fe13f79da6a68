"""Amazon SNS over HTTPS: its envelope, what of it is signed, and what CloudWatch and others put into it.

Who delivers is proved in `bot.receiving.sns`, because that needs Amazon's certificate. CloudWatch's alarms are known by
their ARN; other JSON is read as the webhook kind reads it; a text is an alert that people resolve.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

import orjson

from bot.core.alert_group import Alert
from bot.integrations import webhook
from bot.integrations.kind import Kind
from bot.integrations.payload import (
    SUMMARY_LENGTH,
    TITLE_LENGTH,
    VALUE_LENGTH,
    Invalid,
    Payload,
    clean,
    clean_key,
    clean_labels,
)
from bot.integrations.pieces import elements, fingerprint, first_text, links, mapping, moment, only
from bot.integrations.reading import Pace, read_json

NOTIFICATION = "Notification"
CONFIRMATIONS = ("SubscriptionConfirmation", "UnsubscribeConfirmation")
SIGNED = ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type")
SIGNED_TO_CONFIRM = ("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type")
AMAZON = re.compile(r"sns\.[a-z0-9-]{3,40}\.amazonaws\.com(?:\.cn)?")
CERTIFICATE = re.compile(r"/SimpleNotificationService-[0-9A-Za-z]{8,64}\.pem")
RAW = "This is no message of SNS with its envelope. Switch raw message delivery off for this subscription."
LONGEST_MESSAGE = 256 * 1024
SEVERITIES = {"ALARM": "critical", "INSUFFICIENT_DATA": "warning"}


async def read(body: bytes, group_by: Sequence[str]) -> Payload:
    """A message whose sender is proved. Raises Invalid."""
    return payload_of(await read_json(body, Pace()))


def payload_of(envelope: Mapping[str, Any]) -> Payload:
    """Raises Invalid."""
    if envelope.get("Type") in CONFIRMATIONS:
        return Payload(bundles=(), remarks={"Type": f"{envelope['Type']}: no alert."})
    text = envelope.get("Message")
    if envelope.get("Type") != NOTIFICATION or not isinstance(text, str):
        raise Invalid({"Type": RAW})
    topic = clean(envelope.get("TopicArn"), VALUE_LENGTH)
    subject = clean(envelope.get("Subject"), TITLE_LENGTH).strip()
    message = _object(text)
    if message and "AlarmName" in message and "NewStateValue" in message:
        return _alarm(message, topic)
    if message:
        bundle, _ = webhook.read_one(message, {"title": subject} if subject else {})
        return Payload(bundles=(bundle,))
    title = subject or clean(text.strip().split("\n", 1)[0], TITLE_LENGTH) or "SNS message"
    key = clean_key(f"{topic} {fingerprint(title)}")
    alert = Alert(
        fingerprint=clean(key, VALUE_LENGTH),
        firing=True,
        title=title,
        summary=clean(text, SUMMARY_LENGTH).strip(),
        labels=clean_labels({"topic": _name(topic)}),
    )
    return only(key, alert)


def _object(text: str) -> dict[str, Any]:
    try:
        # SNS carries at most 256 KiB.
        is_object = len(text) <= LONGEST_MESSAGE and text.lstrip().startswith("{")
        found = orjson.loads(text.encode("utf-8", "replace")) if is_object else None
    except orjson.JSONDecodeError:
        return {}
    return found if isinstance(found, dict) else {}


def _alarm(message: Mapping[str, Any], topic: str) -> Payload:
    name = clean(message.get("AlarmName"), TITLE_LENGTH) or "CloudWatch alarm"
    state = clean(message.get("NewStateValue"), VALUE_LENGTH).upper()
    trigger = mapping(message.get("Trigger"))
    account, region = clean(message.get("AWSAccountId"), 50), clean(message.get("Region"), 50)
    key = clean_key(message.get("AlarmArn")) or clean_key(f"{account} {region} {name}")
    said = (first_text(message, ("AlarmDescription",)), first_text(message, ("NewStateReason",)))
    alert = Alert(
        fingerprint=clean(key, VALUE_LENGTH),
        firing=state != "OK",
        title=name,
        summary=clean("\n".join(filter(None, said)), SUMMARY_LENGTH),
        severity=SEVERITIES.get(state, ""),
        labels=clean_labels(
            {"account": account, "region": region, "topic": _name(topic)}
            | {"namespace": trigger.get("Namespace"), "metric": trigger.get("MetricName")}
            | _dimensions(trigger)
        ),
        links=links([("CloudWatch", _console(message))]),
        begun_at=moment(message.get("StateChangeTime")),
    )
    return only(key, alert)


def _dimensions(trigger: Mapping[str, Any]) -> dict[str, object]:
    listed = [one for one in elements(trigger.get("Dimensions"))[:20] if isinstance(one, dict)]
    return {first_text(one, ("name",), VALUE_LENGTH) or "dimension": one.get("value") for one in listed}


def _name(arn: str) -> str:
    return arn.rpartition(":")[2]


def _console(message: Mapping[str, Any]) -> str:
    """`arn:aws:cloudwatch:eu-west-1:123456789012:alarm:name` is a page of the console."""
    parts = clean(message.get("AlarmArn"), VALUE_LENGTH).split(":", 6)
    if len(parts) < 7 or parts[1] != "aws" or not re.fullmatch(r"[a-z0-9-]{3,40}", parts[3]):
        return ""
    name = re.sub(r"[^A-Za-z0-9_.-]", lambda sign: "".join(f"$25{byte:02X}" for byte in sign[0].encode()), parts[6])
    return f"https://{parts[3]}.console.aws.amazon.com/cloudwatch/home?region={parts[3]}#alarmsV2:alarm/{name}"


# ---- what the proof needs ----


def signed_text(envelope: Mapping[str, Any]) -> bytes:
    """What Amazon signed: the members in this order, each name and value on a line of its own."""
    names = SIGNED_TO_CONFIRM if envelope.get("Type") in CONFIRMATIONS else SIGNED
    lines = [f"{name}\n{envelope[name]}\n" for name in names if isinstance(envelope.get(name), str)]
    return "".join(lines).encode("utf-8", "replace")


def amazons(url: object) -> str:
    """The address, if it is one of SNS; else empty."""
    if not isinstance(url, str) or len(url) > SUMMARY_LENGTH or not url.isprintable():
        return ""
    try:
        parts = urlsplit(url)
        plain = parts.port is None and "@" not in parts.netloc and "\\" not in url
    except ValueError:
        return ""
    return url if plain and parts.scheme == "https" and AMAZON.fullmatch(parts.netloc.lower()) else ""


def certificate_at(url: object) -> str:
    """The address, if Amazon keeps a certificate there; else empty.

    The host alone proves nothing: SNS's API answers under the same name with data that any customer can store in it.
    """
    address = amazons(url)
    parts = urlsplit(address)
    return address if CERTIFICATE.fullmatch(parts.path) and not parts.query and not parts.fragment else ""


# ---- the declaration ----

CONFIGURATION = """In Amazon SNS: create a *Standard* topic, then a subscription, protocol *HTTPS*, endpoint:
```
<url>
```
Leave *raw message delivery* off: the signature of each message is checked. The subscription is confirmed by itself. \
With the command line:
```sh
aws sns subscribe --topic-arn TOPIC_ARN --protocol https --notification-endpoint <url>
```
Give the topic to your CloudWatch alarms for *In alarm* and for *OK*."""


def sample(now: datetime) -> bytes:
    alarm = {
        "AlarmName": "OnCall test",
        "AlarmDescription": "A sample alert, to see that everything is connected.",
        "AWSAccountId": "123456789012",
        "NewStateValue": "ALARM",
        "NewStateReason": "Threshold Crossed: 1 datapoint [91.5] was greater than the threshold (90.0).",
        "StateChangeTime": now.strftime("%Y-%m-%dT%H:%M:%S.000+0000"),
        "Region": "EU (Ireland)",
        "AlarmArn": "arn:aws:cloudwatch:eu-west-1:123456789012:alarm:OnCall test",
        "OldStateValue": "OK",
        "Trigger": {
            "MetricName": "CPUUtilization",
            "Namespace": "AWS/EC2",
            "Dimensions": [{"value": "i-0123456789abcdef0", "name": "InstanceId"}],
        },
    }
    return orjson.dumps(
        {
            "Type": NOTIFICATION,
            "MessageId": "22b80b92-fdea-4c2c-8f9d-bdfb0c7bf324",
            "TopicArn": "arn:aws:sns:eu-west-1:123456789012:alarms",
            "Subject": 'ALARM: "OnCall test" in EU (Ireland)',
            "Message": orjson.dumps(alarm).decode(),
            "Timestamp": now.isoformat(),
        }
    )


KIND = Kind(
    name="amazon_sns",
    label="Amazon SNS (CloudWatch)",
    read=read,
    configuration=CONFIGURATION,
    sample=sample,
    also=("aws_sns", "sns"),
)
