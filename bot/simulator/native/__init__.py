"""What integrations meet without the Apps plugin: slash commands, dialogs, message actions and their triggers."""
