"""How the bot and its rendering processes talk: what comes first in a message says how long the rest is."""

from __future__ import annotations

import struct

LENGTHS = struct.Struct(">II")  # of a question: its JSON, and the payload behind it
LENGTH = struct.Struct(">I")  # of an answer
