"""Every HTTP request that leaves the process: the guard against forged destinations and the client."""
