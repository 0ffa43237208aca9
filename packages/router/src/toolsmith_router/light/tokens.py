"""Prompts as tokens without transformers: the tokenizer's own file, and its chat template.

llguidance carries the Rust tokenizer that the file is for, so the grammar and the prompt share one.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import llguidance
from jinja2.sandbox import ImmutableSandboxedEnvironment

from toolsmith_router.exported import chat_template
from toolsmith_schema.prompt import messages, tools
from toolsmith_schema.toolbox import Toolbox


class Tokens:
    """The tokenizer and the chat template in `folder`."""

    def __init__(self, folder: Path, vocabulary: int) -> None:
        """Read them; the model has `vocabulary` tokens."""
        settings = json.loads((folder / "tokenizer_config.json").read_text("utf-8"))
        text = (folder / "tokenizer.json").read_text("utf-8")
        ends = (t["id"] for t in json.loads(text)["added_tokens"] if t["content"] == settings["eos_token"])
        self.end: int = next(ends)
        """The token that ends an answer."""
        self.for_grammars = llguidance.LLTokenizer(text, n_vocab=vocabulary, eos_token=self.end)
        """The tokenizer as the grammar engine wants it."""
        self.bytes_of = [self.for_grammars.decode_bytes([token]) for token in range(vocabulary)]
        """What each token stands for."""
        environment = ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True)
        environment.filters["tojson"] = _json
        self._template = environment.from_string(chat_template(folder, settings))

    def prompt(self, request: str, toolbox: Toolbox) -> list[int]:
        """The whole prompt of a request."""
        return self.encode(
            self._template.render(
                messages=messages(request, toolbox=toolbox), tools=tools(toolbox), add_generation_prompt=True
            )
        )

    def encode(self, text: str) -> list[int]:
        """The tokens of `text`."""
        return list(self.for_grammars.tokenize_str(text))

    def text(self, ids: list[int]) -> str:
        """The text of an answer, without the end token."""
        return str(self.for_grammars.decode_str([token for token in ids if token != self.end]))


def _json(value: Any, indent: int | None = None) -> str:
    """`tojson` as chat templates of transformers have it."""
    return json.dumps(value, ensure_ascii=False, indent=indent)
