"""Operators' calendars."""
