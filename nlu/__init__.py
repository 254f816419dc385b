"""Triage engines: they find out what a client wants, from the training data in `nlu/data`."""
