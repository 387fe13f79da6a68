"""One module per command: what a person can do, whichever surface they do it from."""
