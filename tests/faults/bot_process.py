"""`python bot_process.py ROLE LEASE_SECONDS`: one process of the bot as `python -m bot` runs it, with another lease."""

import os
import sys
from datetime import timedelta

import uvloop

from bot.composition import serve
from bot.config import Role, read_config
from bot.log import configure_logging


def main() -> None:
    config = read_config(os.environ, Role(sys.argv[1]))
    configure_logging(config)
    uvloop.run(serve(config, lease=timedelta(seconds=float(sys.argv[2]))))


if __name__ == "__main__":
    main()
