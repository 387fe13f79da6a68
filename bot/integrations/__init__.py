"""One module per inbound alert format: payload to alerts, pure."""
