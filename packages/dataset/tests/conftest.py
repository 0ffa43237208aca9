"""One build for all tests of this package."""

from pathlib import Path

import pytest

from toolsmith_dataset import build, write
from toolsmith_schema import Example, Toolbox


@pytest.fixture(scope="session")
def toolbox() -> Toolbox:
    return Toolbox.default()


@pytest.fixture(scope="session")
def files() -> dict[str, list[Example]]:
    return build()


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Both presets, written; tests that change a file copy it first."""
    output = tmp_path_factory.mktemp("data")
    write(output)
    return output
