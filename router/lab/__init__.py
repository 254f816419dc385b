"""The lab: recorded traffic, played again under other rules on a clock of its own. Pure, like the rest of the core."""
