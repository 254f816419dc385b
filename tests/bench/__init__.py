"""A load generator that measures the hub against the limits of the machine it runs on: `make bench`."""
