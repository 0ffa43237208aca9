"""Prompts as tokens without transformers: the tokenizer's own file, and its chat template."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import llguidance
from jinja2.sandbox import ImmutableSandboxedEnvironment
from tokenizers import Tokenizer

from toolsmith_schema.prompt import messages, tools
from toolsmith_schema.toolbox import Toolbox


class Tokens:
    """The tokenizer and the chat template in `folder`."""

    def __init__(self, folder: Path) -> None:
        self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        settings = json.loads((folder / "tokenizer_config.json").read_text("utf-8"))
        template = folder / "chat_template.jinja"
        text = template.read_text("utf-8") if template.exists() else settings["chat_template"]
        environment = ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True)
        environment.filters["tojson"] = _json
        self._template = environment.from_string(text)
        self.end: int = self._tokenizer.token_to_id(settings["eos_token"])
        """The token that ends an answer."""

    def prompt(self, request: str, toolbox: Toolbox) -> list[int]:
        """The whole prompt of a request."""
        text = self._template.render(
            messages=messages(request, toolbox=toolbox), tools=tools(toolbox), add_generation_prompt=True
        )
        return self._tokenizer.encode(text, add_special_tokens=False).ids

    def text(self, ids: list[int]) -> str:
        """The text of an answer, without the end token."""
        return self._tokenizer.decode(ids, skip_special_tokens=True)

    def for_grammars(self, vocabulary: int) -> llguidance.LLTokenizer:
        """The tokenizer as the grammar engine wants it."""
        return llguidance.LLTokenizer(self._tokenizer.to_str(), n_vocab=vocabulary, eos_token=self.end)

    def bytes_of(self, vocabulary: int) -> list[bytes]:
        """What each token stands for, as bytes; special tokens for nothing."""
        letters = {letter: byte for byte, letter in enumerate(_letters())}
        found: list[bytes] = []
        added = {number for number, _ in self._tokenizer.get_added_tokens_decoder().items()}
        for number in range(vocabulary):
            token = self._tokenizer.id_to_token(number) or ""
            whole = number in added or any(letter not in letters for letter in token)
            found.append(token.encode() if whole else bytes(letters[letter] for letter in token))
        return found


def _letters() -> list[str]:
    """The letter that byte-level BPE writes for each byte (GPT-2's table)."""
    kept = [*range(33, 127), *range(161, 173), *range(174, 256)]
    table = {byte: chr(byte) for byte in kept}
    for number, byte in enumerate(byte for byte in range(256) if byte not in table):
        table[byte] = chr(256 + number)
    return [table[byte] for byte in range(256)]


def _json(value: Any, indent: int | None = None) -> str:
    """`tojson` as chat templates of transformers have it."""
    return json.dumps(value, ensure_ascii=False, indent=indent)
