"""The bot, through its public HTTP surface only."""
