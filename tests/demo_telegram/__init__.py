"""`make demo-telegram`: a hub whose clients write over a Telegram of its own, so that no token is needed."""
