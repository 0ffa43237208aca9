"""Guesses at what an answer goes on with, for the model to read ahead; a wrong one costs time and no answer.

A model that reads four tokens needs hardly longer than for one, so the next tokens are guessed, read together
with the last, and taken back where the model chooses others (speculative decoding; Leviathan et al. 2023,
arXiv 2211.17192). Within a span the guess is how the request goes on (prompt lookup; Saxena 2023). Between
spans it is the frame of a call: the required arguments in the order of the schema, and then the end.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from toolsmith_router.light.tokens import Tokens
from toolsmith_router.places import Places
from toolsmith_schema.decision import ToolCall
from toolsmith_schema.prompt import target
from toolsmith_schema.toolbox import Toolbox


class Frames:
    """What stands between the spans of the calls of one toolbox, as tokens."""

    def __init__(self, toolbox: Toolbox, tokens: Tokens) -> None:
        """Write a call of each tool with each argument and the required one behind it."""
        self._frames: dict[tuple[str, str], list[int]] = {}
        for tool in toolbox:
            names = list(tool.properties)
            for at, name in enumerate(["", *names]):
                following = next((other for other in names[at:] if other in tool.required), "")
                said = {one: _placeholder(tool.properties[one]) for one in (name, following) if one}
                if None not in said.values():
                    text = target(ToolCall(tool=tool.name, args=said), toolbox, request="a")
                    frames = _between(toolbox, [*tokens.encode(text), tokens.end], tokens)
                    if len(frames) == len(said) + 1:
                        self._frames[tool.name, name] = frames[1 if name else 0]

    def rest(self, places: Places, begun: Sequence[int]) -> list[int]:
        """What is left of the frame that an answer stands in after the tokens `begun`, if it is that one."""
        frame = self._frames.get(places.argument, [])
        return frame[len(begun) :] if frame[: len(begun)] == list(begun) else []


def following(token: int, prompt: Sequence[int], most: int) -> list[int]:
    """At most `most` tokens behind the last place of `token` in `prompt`; none where it does not occur."""
    for at in range(len(prompt) - 1, -1, -1):
        if prompt[at] == token:
            return list(prompt[at + 1 : at + 1 + most])
    return []


def _placeholder(schema: Mapping[str, Any]) -> Any:
    """A value that is a span; None for an argument whose value is none."""
    if "enum" in schema or "const" in schema or schema.get("type") in ("object", "boolean"):
        return None
    return ["a"] if schema.get("type") == "array" else "a"


def _between(toolbox: Toolbox, ids: Sequence[int], tokens: Tokens) -> list[list[int]]:
    """The tokens before, between and after the spans of an answer."""
    places = Places(toolbox, "a")
    frames: list[list[int]] = [[]]
    for token in ids:
        within = places.in_span
        places.read(tokens.bytes_of[token] if token != tokens.end else b"")
        if within and places.in_span:
            continue
        if within:
            frames.append([])
        frames[-1].append(token)
    return frames
