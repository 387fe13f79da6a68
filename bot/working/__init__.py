"""Whatever is due: claimed, served, settled. Any number of processes share it."""
