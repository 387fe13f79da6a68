"""Templates that people write for their integrations, rendered where they can do no harm."""
