"""What runs the core: intake to the ledger, lanes that decide, one committer, outboxes that deliver, the live feed."""
