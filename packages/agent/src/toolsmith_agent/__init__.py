"""The agent loop: route, validate, repair, fall back, execute."""
