"""The face tracker; nothing is here yet."""
