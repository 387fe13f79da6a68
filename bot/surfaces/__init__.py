"""Translators between Mattermost's protocols and the bot's own words. Pure: JSON in, JSON out."""
