"""Deterministic, leak-checked train, dev and test files for a tool-call router."""

from toolsmith_dataset.build import FILES, SEED, build
from toolsmith_dataset.leaks import Leaks, leaks
from toolsmith_dataset.manifest import write
from toolsmith_dataset.stats import describe
from toolsmith_dataset.verify import Verdict, verify
from toolsmith_dataset.wordings import Wording, load

__all__ = [
    "FILES",
    "SEED",
    "Leaks",
    "Verdict",
    "Wording",
    "build",
    "describe",
    "leaks",
    "load",
    "verify",
    "write",
]
