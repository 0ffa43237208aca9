"""Tools, decisions, parsing, checking, coercion, the Router protocol and the toolsmith command."""
