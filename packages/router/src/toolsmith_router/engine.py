"""Decoding of a batch of requests behind one cached toolbox.

The prompt's constant part (template, rules, tools, few-shot examples) is computed once per model and
toolbox; each batch works on a copy of that state, so no request sees another's. Rows are padded on the
left between the shared part and their own request, which the attention mask hides.
"""

from __future__ import annotations

import copy
import math
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from typing import Any

import llguidance.hf
import torch
from transformers import DynamicCache

from toolsmith_router.cache import roomy_cache
from toolsmith_router.constraint import Grammars
from toolsmith_router.loading import LoadedModel
from toolsmith_router.places import Range, swallowed
from toolsmith_router.search import Search
from toolsmith_schema.example import Example
from toolsmith_schema.letter_case import as_read
from toolsmith_schema.prompt import messages, tools
from toolsmith_schema.toolbox import Toolbox

MAX_NEW_TOKENS = 192
"""Longest answer in free decoding; with spans, the request's own length allows for more."""


@dataclass(frozen=True, kw_only=True)
class Answer:
    """A decoded answer."""

    text: str
    """Without the end token."""
    tokens: int
    """Tokens decoded, the end token included."""
    prompt_tokens: int
    """Tokens of the whole prompt, cached part included."""
    probability: float
    """Product of the chosen tokens' probabilities, each among the tokens that were allowed."""


@dataclass(frozen=True, kw_only=True)
class _Prefix:
    ids: list[int]
    cache: DynamicCache


class Engine:
    """Decodes with one loaded model, as base or as tuned."""

    def __init__(self, loaded: LoadedModel, *, tuned: bool, shots: Sequence[Example] = ()) -> None:
        self._loaded = loaded
        self._tuned = tuned
        self._shots = tuple(shots)
        self._prefixes: OrderedDict[str, _Prefix] = OrderedDict()
        config = loaded.model.config
        self._vocabulary: int = config.vocab_size
        self.max_tokens: int = min(config.max_position_embeddings, 32768)
        """Longest prompt with its answer."""
        self._grammars: Grammars | None = None

    def prompt_ids(self, request: str, toolbox: Toolbox) -> list[int]:
        """The whole prompt's tokens."""
        chat = messages(request, shots=self._shots, toolbox=toolbox)
        return self._loaded.tokenizer.apply_chat_template(
            chat, tools=tools(toolbox), add_generation_prompt=True, return_dict=False
        )

    @torch.inference_mode()
    def decode(
        self, requests: Sequence[str], toolbox: Toolbox, *, spans: bool, beams: int = 1
    ) -> list[Answer]:
        """Decode one batch with `beams` beams; `spans` turns the span grammar on.

        Raises:
            GrammarError: `spans` is on and the toolbox cannot be expressed.
        """
        nothing: list[tuple[Range, ...]] = [()] * len(requests)
        with self._switched():
            made = self._decode(requests, toolbox, nothing, spans=spans, beams=beams)
            if not spans:
                return made
            kept = [
                swallowed(toolbox, as_read(request), answer.text)
                for request, answer in zip(requests, made, strict=True)
            ]
            again = [i for i, ranges in enumerate(kept) if ranges]
            if again:
                asked = [requests[i] for i in again]
                better = self._decode(asked, toolbox, [kept[i] for i in again], spans=True, beams=beams)
                for i, answer in zip(again, better, strict=True):
                    made[i] = answer
        return made

    def _decode(
        self,
        requests: Sequence[str],
        toolbox: Toolbox,
        kept: Sequence[Sequence[Range]],
        *,
        spans: bool,
        beams: int,
    ) -> list[Answer]:
        prefix = self._prefix(toolbox)
        start = len(prefix.ids)
        prompts = [self.prompt_ids(request, toolbox) for request in requests]
        matchers: list[Any] = [None] * len(requests)
        if spans:
            grammars = self._compiler()
            matchers = [
                grammars.matcher(toolbox, request, ranges)
                for request, ranges in zip(requests, kept, strict=True)
            ]
        own = [ids[start:] for ids in prompts]
        limits = [MAX_NEW_TOKENS + (20 * len(tokens) if spans else 0) for tokens in own]
        search = Search(
            self._loaded.model,
            device=self._loaded.device,
            end=self._loaded.tokenizer.eos_token_id,
            pad=self._loaded.tokenizer.pad_token_id,
            grammars=self._grammars,
        )
        cache = copy.deepcopy(prefix.cache)
        made = search.run(cache, start, own, matchers, limits=limits, beams=beams, past_tool=self._past_tool)
        decode = self._loaded.tokenizer.decode
        return [
            Answer(
                text=decode(found.tokens, skip_special_tokens=True, clean_up_tokenization_spaces=False),
                tokens=len(found.tokens),
                prompt_tokens=len(prompt),
                probability=math.exp(found.log),
            )
            for found, prompt in zip(made, prompts, strict=True)
        ]

    def _compiler(self) -> Grammars:
        """What makes grammars for this model's tokens."""
        if self._grammars is None:
            tokenizer = llguidance.hf.from_tokenizer(self._loaded.tokenizer, n_vocab=self._vocabulary)
            self._grammars = Grammars(tokenizer, self._vocabulary)
        return self._grammars

    def constant_tokens(self, toolbox: Toolbox) -> int:
        """How many tokens at the beginning of a prompt do not depend on the request."""
        with torch.inference_mode():
            return len(self._prefix(toolbox).ids)

    def forget(self) -> None:
        """Drop the cached states of all toolboxes."""
        self._prefixes.clear()

    def _past_tool(self, tokens: Sequence[int]) -> bool:
        """Whether an answer that begins with `tokens` has come to its arguments."""
        return '"args"' in self._loaded.tokenizer.decode(tokens)

    def _prefix(self, toolbox: Toolbox) -> _Prefix:
        """The constant part of the prompt and its state, computed once per toolbox."""
        key = toolbox.fingerprint
        if key not in self._prefixes:
            ids = _common([self.prompt_ids(text, toolbox) for text in ("a", "Zq 7?")])
            cache = roomy_cache(self._loaded.model.config)
            self._loaded.model(
                input_ids=torch.tensor([ids]).to(self._loaded.device), past_key_values=cache, logits_to_keep=1
            )
            self._prefixes[key] = _Prefix(ids=ids, cache=cache)
            if len(self._prefixes) > 8:
                self._prefixes.popitem(last=False)
        self._prefixes.move_to_end(key)
        return self._prefixes[key]

    @contextmanager
    def _switched(self) -> Iterator[None]:
        """Hold the model with the adapter on or off."""
        off = self._loaded.adapter is not None and not self._tuned
        with self._loaded.lock, self._loaded.model.disable_adapter() if off else nullcontext():
            yield


def _common(rows: Sequence[Sequence[int]]) -> list[int]:
    """The longest common beginning of token lists."""
    shared = []
    for tokens in zip(*rows, strict=False):
        if len(set(tokens)) > 1:
            break
        shared.append(tokens[0])
    return shared
