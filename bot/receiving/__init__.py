"""From a sender's request to stored alert groups: budgets, templates, routes, and the answer once all is durable."""
