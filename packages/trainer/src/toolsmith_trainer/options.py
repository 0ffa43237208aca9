"""Command-line flags made from a configuration dataclass, so that each setting is written once."""

from __future__ import annotations

import ast
import dataclasses
import inspect
import textwrap
from collections.abc import Callable
from itertools import pairwise
from typing import Any, TypeVar

import click

F = TypeVar("F", bound=Callable[..., Any])


def options_of(config: type) -> Callable[[F], F]:
    """Add one option per field of `config`; its help is the string under the field."""
    texts = field_texts(config)

    def decorate(command: F) -> F:
        for field in reversed(dataclasses.fields(config)):
            kind = type(field.default) if field.default is not dataclasses.MISSING else str
            name = "--" + field.name.replace("_", "-")
            command = click.option(
                name,
                field.name,
                type=kind,
                default=field.default,
                show_default=True,
                help=texts.get(field.name, ""),
            )(command)
        return command

    return decorate


def field_texts(config: type) -> dict[str, str]:
    """The string literal under each field of a dataclass, by field name."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(config)))
    body = tree.body[0].body  # type: ignore[attr-defined]
    found = {}
    for field, text in pairwise(body):
        if (
            isinstance(field, ast.AnnAssign)
            and isinstance(text, ast.Expr)
            and isinstance(text.value, ast.Constant)
        ):
            found[field.target.id] = " ".join(str(text.value.value).split())  # type: ignore[union-attr]
    return found
