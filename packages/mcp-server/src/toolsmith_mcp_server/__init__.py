"""The router and its tools over the Model Context Protocol."""
