"""Thin HTTP handlers, one class per URL: prove, read, dispatch, answer. `routes` is the only table of URLs."""

from __future__ import annotations

from typing import Any

from tornado.routing import URLSpec
from tornado.web import url

from bot.services import Services
from bot.web import STATIC
from handlers.apps import AppBindings, AppCommand, AppLifecycle, AppManifest, AppOAuth2, AppPing, AppWebhook
from handlers.enqueue import Enqueue, EnqueueChange, EnqueueV1
from handlers.front import Front
from handlers.health import Alive, Metrics, Ready
from handlers.heartbeat import Heartbeat
from handlers.inbound import Inbound
from handlers.inbound_sns import InboundSns
from handlers.native import NativeAction, NativeCommand, NativeDialog, NativeLookup
from handlers.native_by_hand import NativeByHand
from handlers.native_refresh import NativeRefresh
from handlers.opsgenie import (
    OpsgenieAlerts,
    OpsgenieCount,
    OpsgenieNothing,
    OpsgeniePing,
    OpsgenieRequest,
)
from handlers.opsgenie_alert import OpsgenieAlert
from handlers.people import PeopleApi
from handlers.setup import DoctorApi, MoveApi, RemoveApi, SetupApi
from handlers.setup_natively import SetupByHand, SetupNatively
from handlers.setup_page import SetupCreate, SetupPage, SetupServer, SetupSignIn, SetupSignOut, SetupStatic

SERVER = r"([A-Za-z0-9_-]{16,64})"
NAME = r"([a-z][a-z0-9.-]{0,40})"


def routes(services: Services) -> list[URLSpec]:
    """Every URL of a bot that answers."""
    given: dict[str, Any] = {"services": services}
    static = {"path": str(STATIC)}
    app = rf"/mattermost/{SERVER}"
    return [
        url(r"/heartbeat/(?P<key>[^/]{1,100})/?", Heartbeat, given),
        url(r"/integrations/v1/(?P<kind>[a-z_]{1,40})/(?P<key>[^/]{1,100})/heartbeat/?", Heartbeat, given),
        url(r"/integrations/v1/heartbeat/(?P<key>[^/]{1,100})/?", Heartbeat, given),
        url(r"/integrations/v1/(amazon_sns|aws_sns|sns)/([^/]{1,100})/?", InboundSns, given),
        url(r"/integrations/v1/(amazon_sns|aws_sns|sns)/?", InboundSns, given),
        url(r"/integrations/v1/([a-z_]{1,40})/([^/]{1,100})/?", Inbound, given),
        url(r"/integrations/v1/([a-z_]{1,40})/?", Inbound, given),
        url(rf"{app}/manifest\.json", AppManifest, given),
        url(r"/mattermost/[A-Za-z0-9_-]+/static/(oncall\.png)", SetupStatic, static),
        url(rf"{app}/ping", AppPing, given),
        url(rf"{app}/(installed|uninstalled|enabled|disabled)", AppLifecycle, given),
        url(rf"{app}/bindings", AppBindings, given),
        url(rf"{app}/(command|form|source|menu|lookup)/{NAME}", AppCommand, given),
        url(rf"{app}/(button)", AppCommand, given),
        url(rf"{app}/oauth2/(?:connect|complete)", AppOAuth2, given),
        url(rf"{app}/webhook(?:/{NAME})?", AppWebhook, given),
        url(rf"/native/{SERVER}/command", NativeCommand, given),
        url(rf"/native/{SERVER}/action", NativeAction, given),
        url(rf"/native/{SERVER}/dialog", NativeDialog, given),
        url(rf"/native/{SERVER}/lookup", NativeLookup, given),
        url(rf"/native/{SERVER}/refresh", NativeRefresh, given),
        url(rf"/native/{SERVER}/by-hand", NativeByHand, given),
        url(r"/v2/enqueue/?", Enqueue, given),
        url(r"/v2/change/enqueue/?", EnqueueChange, given),
        url(r"/generic/2010-04-15/create_event\.json", EnqueueV1, given),
        url(r"/v2/alerts/?", OpsgenieAlerts, given),
        url(r"/v2/heartbeats/([^/]{1,300})/ping/?", OpsgeniePing, given),
        url(r"/v2/alerts/count/?", OpsgenieCount, given),
        url(r"/v2/alerts/saved-searches(?:/([^/]{1,300}))?/?", OpsgenieNothing, given),
        url(r"/v2/alerts/requests/([^/]{1,100})/?", OpsgenieRequest, given),
        url(r"/v2/alerts/([^/]{1,3000})(?:/([a-z-]{1,40}))?/?", OpsgenieAlert, given),
        url(r"/v2/alerts/([^/]{1,3000})/(actions|attachments)/([^/]{1,300})/?", OpsgenieNothing, given),
        url(r"/mattermost/setup", SetupApi, given),
        url(r"/mattermost/remove", RemoveApi, given),
        url(r"/mattermost/move", MoveApi, given),
        url(r"/mattermost/doctor", DoctorApi, given),
        url(r"/mattermost/people", PeopleApi, given),
        url(r"/setup", SetupPage, given),
        url(r"/setup/natively", SetupNatively, given),
        url(r"/setup/by-hand", SetupByHand, given),
        url(r"/setup/sign-in", SetupSignIn, given),
        url(r"/setup/sign-out", SetupSignOut, given),
        url(r"/setup/servers", SetupCreate, given),
        url(rf"/setup/servers/{SERVER}/(code|secret|confirm|refuse)", SetupServer, given),
        url(r"/setup/static/(.*)", SetupStatic, static),
        url(r"/", Front, given),
        *health_routes(services),
    ]


def health_routes(services: Services) -> list[URLSpec]:
    """What a process says about itself: all that one answers which only works."""
    given: dict[str, Any] = {"services": services}
    return [
        url(r"/healthz", Alive, given),
        url(r"/readyz", Ready, given),
        url(r"/metrics", Metrics, given),
    ]
