"""The on-call bot: everything between Mattermost, the monitoring systems and the people on duty."""
