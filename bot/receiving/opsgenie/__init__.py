"""Opsgenie's Alert API for existing senders."""
