"""A strict stand-in for Mattermost for demo and tests; it speaks the protocols and imports nothing of the bot."""
