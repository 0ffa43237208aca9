"""What the tests of this package share."""

from datetime import datetime

import pytest
from hypothesis import HealthCheck, settings

from toolsmith_schema import DEFAULT_NOW, Toolbox

settings.register_profile(
    "schema", deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
settings.load_profile("schema")


@pytest.fixture
def toolbox() -> Toolbox:
    """The eight tools."""
    return Toolbox.default()


@pytest.fixture
def now() -> datetime:
    """Monday 2026-11-23, nine in the morning."""
    return DEFAULT_NOW
