"""Operators' calendars: fetched, understood in a process of their own, and told to the lines as leave."""
