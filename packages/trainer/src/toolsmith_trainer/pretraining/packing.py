"""Packs become rows of tokens: the toolbox once, then each request with its answer behind it.

The row has the layout of `toolsmith_trainer.shared_prefix`: a padded prefix and K padded turns from short to
long, so every answer is learned as if its request stood alone behind the toolbox. Plain text is a row that
is all prefix.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate

import torch
from torch.utils.data import IterableDataset
from transformers import PreTrainedTokenizerBase

from toolsmith_trainer.pretraining.tasks import Pack, Tasks
from toolsmith_trainer.pretraining.tokenizer import END, asked
from toolsmith_trainer.shared_prefix import Shape, round_up, slots

ANSWER_WEIGHT, REQUEST_WEIGHT = 1.0, 0.3
REQUEST_SHARE = 0.25
"""Share of a request's tokens that are targets: logits over the vocabulary cost as much as two layers."""


@dataclass(frozen=True, kw_only=True)
class Turned:
    """One request with its answer, as tokens; `answer` is where the answer begins."""

    ids: list[int]
    answer: int


@dataclass(frozen=True, kw_only=True)
class Row:
    """A toolbox and its turns, as tokens."""

    prefix: list[int]
    turns: list[Turned]


@dataclass(frozen=True, kw_only=True)
class Batch:
    """B rows in one shape of N tokens."""

    ids: torch.Tensor
    """(B, N) int64 tokens."""
    positions: torch.Tensor
    """(B, N) int64; each turn counts on from the end of its own toolbox."""
    mask: torch.Tensor
    """(B, P) bool, True where the prefix is real."""
    weights: torch.Tensor
    """(B, N) float32: weight of each token as a target, 0 where it is only context."""
    shape: Shape
    """How the N tokens are laid out."""

    def to(self, device: str) -> Batch:
        """The batch on `device`."""
        return Batch(
            ids=self.ids.to(device),
            positions=self.positions.to(device),
            mask=self.mask.to(device),
            weights=self.weights.to(device),
            shape=self.shape,
        )


def encode_pack(
    pack: Pack, tokenizer: PreTrainedTokenizerBase, *, longest_prefix: int, longest_turn: int
) -> Row | None:
    """The tokens of `pack` without the turns that are too long; None when nothing is left."""
    head = tokenizer.apply_chat_template(
        [{"role": "system", "content": ""}], tools=pack.tools, tokenize=False
    )
    prefix = tokenizer(head, add_special_tokens=False)["input_ids"]
    if len(prefix) > longest_prefix:
        return None
    heads = tokenizer([asked(turn.request) for turn in pack.turns], add_special_tokens=False)["input_ids"]
    tails = tokenizer([f"{turn.target}{END}" for turn in pack.turns], add_special_tokens=False)["input_ids"]
    turns = [
        Turned(ids=head + tail, answer=len(head))
        for head, tail in zip(heads, tails, strict=True)
        if len(head) + len(tail) <= longest_turn
    ]
    return Row(prefix=prefix, turns=sorted(turns, key=lambda turn: len(turn.ids))) if turns else None


def collate(rows: Sequence[Row], rng: random.Random, *, pad: int, multiple: int = 8) -> Batch:
    """Pad `rows`, whose turns go from short to long, to one shape; lengths are rounded up to `multiple`.

    Answers are targets, and of the requests those tokens that `rng` picks.
    """
    p = round_up(max(len(row.prefix) for row in rows), multiple)
    k = max(len(row.turns) for row in rows)
    longest = [max(len(row.turns[j].ids) for row in rows if j < len(row.turns)) for j in range(k)]
    shape = Shape(prefix=p, turns=slots(list(accumulate(longest, max)), multiple=multiple))
    size = (len(rows), shape.length)
    ids = torch.full(size, pad, dtype=torch.long)
    positions = torch.zeros(size, dtype=torch.long)
    weights = torch.zeros(size)
    mask = torch.zeros(len(rows), p, dtype=torch.bool)
    behind = torch.cat([torch.arange(t) for t in shape.turns])
    for i, row in enumerate(rows):
        n = len(row.prefix)
        ids[i, :n] = torch.tensor(row.prefix)
        positions[i, :p] = torch.arange(p)
        mask[i, :n] = True
        positions[i, p:] = behind + n
        for start, turn in zip(shape.starts, row.turns, strict=False):
            ids[i, start : start + len(turn.ids)] = torch.tensor(turn.ids)
            for at in range(start + 1, start + turn.answer - 1):
                weights[i, at] = REQUEST_WEIGHT if rng.random() < REQUEST_SHARE else 0.0
            weights[i, start + turn.answer : start + len(turn.ids)] = ANSWER_WEIGHT
    return Batch(ids=ids, positions=positions, mask=mask, weights=weights, shape=shape)


@dataclass(frozen=True, kw_only=True)
class Window:
    """Tokens that stand alone, and the weight of each as a target."""

    ids: list[int]
    weights: list[float]


def echo_window(rng: random.Random, vocabulary: int, *, length: int) -> Window:
    """A run of random tokens said again and again; only the repeats are targets.

    Repeats of what has no meaning can be told only by looking back, which is how a model comes to copy
    (induction heads; Olsson et al. 2022, arXiv 2209.11895).
    """
    run = [rng.randrange(260, vocabulary) for _ in range(rng.randint(6, 48))]
    ids, weights = list(run), [0.0] * len(run)
    while len(ids) < length:
        start = rng.randrange(len(run) - 3) if rng.random() < 0.7 else 0
        part = run[start : start + rng.randint(3, len(run))]
        ids += part
        weights += [0.0, *[1.0] * (len(part) - 1)]
    return Window(ids=ids[:length], weights=weights[:length])


def collate_windows(windows: Sequence[Window], *, pad: int) -> Batch:
    """Windows as rows that are all prefix."""
    p = round_up(max(len(window.ids) for window in windows), 8)
    ids = torch.full((len(windows), p), pad, dtype=torch.long)
    mask = torch.zeros(len(windows), p, dtype=torch.bool)
    weights = torch.zeros(len(windows), p)
    for i, window in enumerate(windows):
        n = len(window.ids)
        ids[i, :n] = torch.tensor(window.ids)
        mask[i, :n] = True
        weights[i, :n] = torch.tensor(window.weights)
    positions = torch.arange(p).expand(len(windows), p).contiguous()
    return Batch(ids=ids, positions=positions, mask=mask, weights=weights, shape=Shape(prefix=p))


class PackStream(IterableDataset[list[Batch]]):
    """Batches without end, each in parts of one toolbox.

    They are made in groups; group number n depends only on (seed, n), so a run can resume.

    Each batch has requests of all lengths: what is short is of other kinds than what is long, and batches
    of one length pull the model from one kind to the next. A group's rows are sorted by prefix, which saves
    padding; one batch of the group is plain text, one is repeated random tokens, the order is shuffled.

    The first groups draw from few tools, later ones from more and more. That a request decides the answer is
    learned from few tools in hundreds of steps, from all of them not in a thousand.
    """

    first_tools, steady_groups, tools_a_group = 33, 40, 4
    sibling_groups, sibling_share = 360, 0.7
    """From which group on, and for which share of the packs, the tools are siblings, where there are any."""

    packs_per_group = 10
    per_group = packs_per_group + 2

    def __init__(
        self,
        tasks: Tasks,
        texts: Sequence[str],
        tokenizer: PreTrainedTokenizerBase,
        *,
        seed: int,
        first: int,
        rows: int,
        turns: int,
    ) -> None:
        self._tasks, self._texts, self._tokenizer = tasks, texts, tokenizer
        self._seed, self._first, self._rows, self._turns = seed, first, rows, turns

    def __iter__(self) -> Iterator[list[Batch]]:
        number, skip = divmod(self._first, self.per_group)
        while True:
            yield from self.group(number)[skip:]
            number, skip = number + 1, 0

    def group(self, number: int) -> list[list[Batch]]:
        """The `per_group` batches of group `number`."""
        rng = random.Random(f"{self._seed}/{number}")
        pad = self._tokenizer.pad_token_id
        known = self.first_tools + self.tools_a_group * max(0, number - self.steady_groups)
        siblings = self._tasks.has_siblings
        rows: list[Row] = []
        while len(rows) < self.packs_per_group * self._rows:
            if number >= self.sibling_groups and siblings and rng.random() < self.sibling_share:
                pack = self._tasks.sibling_pack(rng, turns=self._turns)
            else:
                pack = self._tasks.pack(rng, turns=self._turns, known=known)
            row = encode_pack(pack, self._tokenizer, longest_prefix=400, longest_turn=160)
            if row is not None and len(row.turns) >= max(2, 2 * self._turns // 3):
                rows.append(row)
        rows.sort(key=lambda row: len(row.prefix))
        parts = [collate([row], rng, pad=pad) for row in rows]
        for _ in range(self._rows):
            parts.append(collate_windows([self._window(rng) for _ in range(2)], pad=pad))
        for _ in range(self._rows):
            echoes = [echo_window(rng, len(self._tokenizer), length=256) for _ in range(3)]
            parts.append(collate_windows(echoes, pad=pad))
        batches = [parts[i : i + self._rows] for i in range(0, len(parts), self._rows)]
        rng.shuffle(batches)
        return batches

    def _window(self, rng: random.Random, length: int = 384) -> Window:
        while True:
            text = rng.choice(self._texts)
            start = rng.randrange(max(1, len(text) - 4 * length))
            ids = self._tokenizer(text[start : start + 4 * length], add_special_tokens=False)["input_ids"][
                :length
            ]
            if len(ids) > 16:
                return Window(ids=ids, weights=[0.0] + [1.0] * (len(ids) - 1))
