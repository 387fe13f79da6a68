"""Rendering without a hurry: on a busy machine what takes two seconds of the processor may take many of the clock."""

from functools import partial

from bot.templates.pool import Pool, Start
from bot.templates.process import Renderer

PATIENCE_SECONDS = 60.0
START: Start = partial(Renderer.start, seconds=PATIENCE_SECONDS)


def patient_pool(*, processes: int = 2, patience: float = PATIENCE_SECONDS, start: Start = START) -> Pool:
    """A pool that ends nothing and sends nobody away for what the clock says."""
    return Pool(processes=processes, patience=patience, start=start)
