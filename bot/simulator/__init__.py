"""A strict stand-in for Mattermost, used by the demo and by the tests; it speaks the protocols and imports nothing of the bot."""
