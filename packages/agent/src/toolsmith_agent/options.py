"""The options that every command with tiers has: which tiers, in which order, for which toolbox.

::

    --model tuned --model rules                                  the tuned model, then the rules
    --endpoint http://127.0.0.1:8000/v1 --endpoint-model router  a server that speaks OpenAI's protocol
    --model tuned --model endpoint --model rules --endpoint …    all three, in this order
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import click

from toolsmith_agent.tiers import TIERS

ENDPOINT = "endpoint"
"""The name, among the tiers, of the server that ``--endpoint`` names."""

KEY_VARIABLES = ("TOOLSMITH_ENDPOINT_KEY", "OPENAI_API_KEY")
"""Environment variables in which the endpoint's key is looked for, in this order."""

Command = TypeVar("Command", bound=Callable[..., Any])

_OPTIONS = (
    click.option(
        "--model",
        "models",
        type=click.Choice(TIERS),
        multiple=True,
        help="A tier; give it again for the tiers to fall back to, in order.  [default: rules or endpoint]",
    ),
    click.option(
        "--endpoint",
        metavar="URL",
        help="Base URL of an OpenAI-compatible server, such as http://127.0.0.1:8000/v1. Its key is read "
        f"from the environment: {' or '.join(KEY_VARIABLES)}.",
    ),
    click.option("--endpoint-model", metavar="NAME", help="The model's name on that server."),
    click.option(
        "--careful",
        is_flag=True,
        help="Hand a model's call to the next tier when its confidence is below the calibrated one; "
        "after the last tier it is not executed.",
    ),
    click.option(
        "--toolbox", "path", type=click.Path(path_type=Path), help="Toolbox file instead of the default."
    ),
)


def tier_options(command: Command) -> Command:
    """Give `command` the options; it is called with models, endpoint, endpoint_model, careful, path."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def tier_names(models: Sequence[str], endpoint: str | None, endpoint_model: str | None) -> tuple[str, ...]:
    """The tiers in order: those named, else the endpoint where there is one, else the rules.

    Raises:
        click.UsageError: the options contradict one another.
    """
    if bool(endpoint) != bool(endpoint_model):
        raise click.UsageError("--endpoint and --endpoint-model go together")
    names = tuple(models) or ((ENDPOINT,) if endpoint else ("rules",))
    if len(set(names)) != len(names):
        raise click.UsageError("--model names a tier twice")
    if endpoint and ENDPOINT not in names:
        raise click.UsageError("--endpoint is given, but --model does not name it: add --model endpoint")
    if ENDPOINT in names and not endpoint:
        raise click.UsageError("--model endpoint needs --endpoint and --endpoint-model")
    return names


def endpoint_key() -> str | None:
    """The endpoint's key out of the environment, or None."""
    return next((os.environ[name] for name in KEY_VARIABLES if os.environ.get(name)), None)
