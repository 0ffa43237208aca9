"""Slot values: how people write places, names, money, days, times and lengths of time."""
