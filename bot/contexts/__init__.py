"""Contexts made of the real parts: the database and Mattermost, bound to the server of one call."""
