"""How a Mattermost becomes a tenant: set-up, both ways of installing, moving between them."""
