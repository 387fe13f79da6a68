"""The REST API below /api/v4: one file of handlers for each kind of thing."""
