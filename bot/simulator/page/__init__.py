"""The stand-in's web page: a small chat client in the browser that draws JSON and sends what people do."""

from bot.simulator.page.handlers import routes
from bot.simulator.page.settings import PageSettings, Sample, Step

__all__ = ["PageSettings", "Sample", "Step", "routes"]
