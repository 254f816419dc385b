"""The core of the hub: model, ports, rules and decisions. Pure: no I/O, no SDK, no clock of its own."""
