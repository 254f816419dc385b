"""Telegram: clients write to a bot of yours. See docs/telegram.md."""
