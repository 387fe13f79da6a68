"""The whole product on one machine without a Mattermost: the bot and two stand-ins, installed and peopled.

With the tests this is the only place that knows both the bot and the simulator.
"""

VERSIONS = ("9.0", "9.5", "10.5", "10.11", "11.0", "11.1", "11.7", "11.10", "12.0")
"""Which Mattermost the native stand-in can play."""
NATIVE_VERSION = "11.10"
APPS_VERSION = "9.5"
