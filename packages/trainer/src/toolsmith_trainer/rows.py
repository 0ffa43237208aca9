"""Examples as token rows, and the collator that lays a batch out behind its shared toolbox.

One example becomes ``{"input_ids": [...], "labels": [...]}``: the chat template's prompt with the toolbox
first and the request last, then the answer and the end token; labels are -100 but for the answer.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from transformers import PreTrainedTokenizerBase

from toolsmith_schema.errors import DataError
from toolsmith_schema.example import Example
from toolsmith_schema.prompt import messages, target, tools
from toolsmith_schema.toolbox import Toolbox
from toolsmith_trainer.shared_prefix import Shape, round_up, slots

IGNORED = -100
TokenRow = dict[str, list[int]]


def token_rows(
    examples: Sequence[Example], tokenizer: PreTrainedTokenizerBase, toolbox: Toolbox, *, longest: int
) -> list[TokenRow]:
    """Tokenise `examples` for completion-only loss.

    Raises:
        DataError: an example does not fit `longest` tokens, or names a tool or argument the toolbox has not.
    """
    end = tokenizer.eos_token_id
    rows = []
    shown = tools(toolbox)
    for example in examples:
        prompt = tokenizer.apply_chat_template(
            messages(example.request, toolbox=toolbox),
            tools=shown,
            add_generation_prompt=True,
            return_dict=False,
        )
        try:
            text = target(example.decision, toolbox, request=example.request)
        except KeyError as error:
            raise DataError(
                example.id, f"the toolbox has no {error.args[0]!r}; train with the toolbox of the data"
            ) from None
        answer = [*tokenizer(text, add_special_tokens=False)["input_ids"], end]
        if len(prompt) + len(answer) > longest:
            raise DataError(
                example.id,
                f"{len(prompt) + len(answer)} tokens, and the model takes at most {longest}; shorten the row",
            )
        rows.append({"input_ids": prompt + answer, "labels": [IGNORED] * len(prompt) + answer})
    return rows


class SharedPrefixCollator:
    """Lays a batch out as one row: the common beginning once, then each example's own tokens.

    The rows are put in order, short ones first, which saves padding. A batch without a common beginning
    (rows of several toolboxes) becomes ordinary padded rows.
    """

    def __init__(self, pad: int, *, multiple: int = 8) -> None:
        self._pad, self._multiple = pad, multiple

    def __call__(self, rows: Sequence[Mapping[str, Sequence[int]]]) -> dict[str, Any]:
        """One batch: input_ids, position_ids, labels (B, N), prefix_mask (B, P) and the `Shape`."""
        shared = common_length(rows)
        return self._packed(rows, shared) if shared >= 16 and len(rows) > 1 else self._padded(rows)

    def _packed(self, rows: Sequence[Mapping[str, Sequence[int]]], p: int) -> dict[str, Any]:
        own = sorted(((row["input_ids"][p:], row["labels"][p:]) for row in rows), key=lambda x: len(x[0]))
        shape = Shape(prefix=p, turns=slots([len(ids) for ids, _ in own], multiple=self._multiple))
        ids = torch.full((1, shape.length), self._pad, dtype=torch.long)
        labels = torch.full((1, shape.length), IGNORED, dtype=torch.long)
        ids[0, :p] = torch.tensor(rows[0]["input_ids"][:p])
        for start, (tokens, targets) in zip(shape.starts, own, strict=True):
            ids[0, start : start + len(tokens)] = torch.tensor(tokens)
            labels[0, start : start + len(tokens)] = torch.tensor(targets)
        positions = torch.cat([torch.arange(p), *(torch.arange(p, p + t) for t in shape.turns)])[None]
        return {
            "input_ids": ids,
            "position_ids": positions,
            "labels": labels,
            "prefix_mask": torch.ones(1, p, dtype=torch.bool),
            "shape": shape,
        }

    def _padded(self, rows: Sequence[Mapping[str, Sequence[int]]]) -> dict[str, Any]:
        p = round_up(max(len(row["input_ids"]) for row in rows), self._multiple)
        size = (len(rows), p)
        ids = torch.full(size, self._pad, dtype=torch.long)
        labels = torch.full(size, IGNORED, dtype=torch.long)
        mask = torch.zeros(size, dtype=torch.bool)
        for i, row in enumerate(rows):
            n = len(row["input_ids"])
            ids[i, :n] = torch.tensor(row["input_ids"])
            labels[i, :n] = torch.tensor(row["labels"])
            mask[i, :n] = True
        return {
            "input_ids": ids,
            "position_ids": torch.arange(p).expand(size).contiguous(),
            "labels": labels,
            "prefix_mask": mask,
            "shape": Shape(prefix=p),
        }


def divided(batch: Mapping[str, Any], count: int) -> list[dict[str, Any]]:
    """The turns of a packed batch of one row dealt out to at most `count` batches, the prefix in each."""
    shape: Shape = batch["shape"]
    count = min(count, len(shape.turns))
    if count < 2:
        return [dict(batch)]
    spans = list(zip(shape.starts, shape.turns, strict=True))
    parts = []
    for first in range(count):
        own = [torch.arange(start, start + length) for start, length in spans[first::count]]
        places = torch.cat([torch.arange(shape.prefix), *own])
        part = {key: batch[key][:, places] for key in ("input_ids", "position_ids", "labels")}
        turns = shape.turns[first::count]
        parts.append(
            {**part, "prefix_mask": batch["prefix_mask"], "shape": Shape(prefix=shape.prefix, turns=turns)}
        )
    return parts


def common_length(rows: Sequence[Mapping[str, Sequence[int]]]) -> int:
    """Tokens that all rows begin with and that are context in each."""
    first = rows[0]["input_ids"]
    length = len(first)
    for row in rows:
        ids, labels = row["input_ids"], row["labels"]
        context = next((i for i, label in enumerate(labels) if label != IGNORED), len(labels)) - 1
        length = min(length, context)
        for i in range(length):
            if ids[i] != first[i]:
                length = i
                break
    return max(length, 0)
