"""What the tests of this package share."""

from hypothesis import HealthCheck, settings

settings.register_profile(
    "mcp-server",
    deadline=None,
    max_examples=60,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
settings.load_profile("mcp-server")
