"""Everything the hub shows over HTTP: the API, the operator console and the demo shop."""
