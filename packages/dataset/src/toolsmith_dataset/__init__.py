"""Deterministic, leak-checked train, dev and test files for a tool-call router."""
