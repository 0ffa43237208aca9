"""Token embeddings to start from: what the corpus says of each token before any gradient does.

Tokens that stand among the same neighbours mean something alike. Their counts within a window, as positive
pointwise mutual information, factorised by a truncated SVD, are vectors as good as trained ones of that
kind (Levy and Goldberg 2014, "Neural word embedding as implicit matrix factorization"; Levy et al. 2015,
with the smoothing exponent 0.75). A few minutes of training see most tokens too seldom to learn that.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import torch
from transformers import PreTrainedTokenizerBase

_WINDOW = 4
_SMOOTHING = 0.75
_SELDOM = 20.0
"""Tokens with less weight of neighbours than this start at random."""
_SHARE = 0.7
"""Weight of the semantic part; the rest is random, so that tokens stay apart and can be told when copied."""


def semantic_embeddings(
    texts: Iterable[str], tokenizer: PreTrainedTokenizerBase, *, width: int, deviation: float
) -> torch.Tensor:
    """(V, width) float32 vectors of all tokens, with standard deviation `deviation`."""
    size = len(tokenizer)
    counts = _counts(texts, tokenizer, size)
    counts += counts.T.clone()
    often = counts.sum(1)
    context = often**_SMOOTHING / (often**_SMOOTHING).sum()
    known = often >= _SELDOM
    information = (
        (counts / often.clamp(min=1)[:, None] / context.clamp(min=1e-12)[None, :]).clamp(min=1).log()
    )
    information[~known] = 0.0
    left, values, _ = torch.svd_lowrank(information, q=width, niter=3)  # (V, width), (width,)
    vectors = left * values.sqrt()
    vectors -= vectors[known].mean(0) if known.any() else 0.0
    vectors *= width**0.5 / vectors.norm(dim=1, keepdim=True).clamp(min=1e-6)
    share = torch.where(known, _SHARE, 0.0)[:, None]
    return (share * vectors + (1 - share**2).sqrt() * torch.randn(size, width)) * deviation


def _counts(texts: Iterable[str], tokenizer: PreTrainedTokenizerBase, size: int) -> torch.Tensor:
    """(V, V) float32: how often one token stands up to four places before the other, nearer ones for more."""
    counts = torch.zeros(size * size)
    for ids in _ids(texts, tokenizer):
        for distance in range(1, _WINDOW + 1):
            pairs = ids[:-distance] * size + ids[distance:]
            found, number = pairs.unique(return_counts=True)
            counts[found] += number.float() / distance
    return counts.view(size, size)


def _ids(
    texts: Iterable[str], tokenizer: PreTrainedTokenizerBase, *, at_once: int = 400
) -> Iterator[torch.Tensor]:
    """Texts as one long run of tokens, some hundred texts at a time."""
    held: list[str] = []
    for text in texts:
        held.append(text)
        if len(held) == at_once:
            yield _flat(held, tokenizer)
            held = []
    if held:
        yield _flat(held, tokenizer)


def _flat(texts: list[str], tokenizer: PreTrainedTokenizerBase) -> torch.Tensor:
    found = tokenizer(texts, add_special_tokens=False)["input_ids"]
    return torch.tensor([token for ids in found for token in (*ids, tokenizer.eos_token_id)])
