"""What a person's Mattermost client does: parsing, cleaning, drawing and the person at the keyboard."""
