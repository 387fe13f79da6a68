"""Other programs as senders; left out with a word where they are not installed."""
