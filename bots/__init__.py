"""One folder per messenger. They are strangers to each other and know only `router`."""
