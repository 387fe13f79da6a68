"""The only place that calls Mattermost."""
