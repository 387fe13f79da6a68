"""Benchmarks: what the machine and the database can do (`limits`), and how near to it the bot comes (`app`)."""
