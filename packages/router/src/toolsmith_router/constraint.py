"""The span grammar at work: which tokens may come next, for each request of a batch."""

from __future__ import annotations

from collections.abc import Sequence

import llguidance
import llguidance.hf
import llguidance.numpy
import numpy as np
import torch
from transformers import PreTrainedTokenizerBase

from toolsmith_schema.errors import ToolsmithError
from toolsmith_schema.grammar import span_grammar
from toolsmith_schema.toolbox import Toolbox


class Grammars:
    """Compiles span grammars for one tokenizer."""

    def __init__(self, tokenizer: PreTrainedTokenizerBase, vocabulary: int) -> None:
        self._tokenizer = llguidance.hf.from_tokenizer(tokenizer, n_vocab=vocabulary)
        self._vocabulary = vocabulary

    def matcher(self, toolbox: Toolbox, request: str) -> llguidance.LLMatcher:
        """A fresh matcher for one request.

        Raises:
            GrammarError: the toolbox cannot be expressed.
            ToolsmithError: llguidance refuses the grammar.
        """
        grammar = llguidance.LLMatcher.grammar_from_lark(span_grammar(toolbox, request))
        matcher = llguidance.LLMatcher(self._tokenizer, grammar)
        if matcher.is_error():
            raise ToolsmithError(f"the span grammar was refused: {matcher.get_error()}")
        return matcher

    def allowed(self, matchers: Sequence[llguidance.LLMatcher | None]) -> torch.Tensor:
        """(B, V) bool, True where a token may come next; all True for a row without a matcher."""
        bits = llguidance.numpy.allocate_token_bitmask(len(matchers), self._vocabulary)
        bits[:] = -1
        for row, matcher in enumerate(matchers):
            if matcher is not None:
                llguidance.numpy.fill_next_token_bitmask(matcher, bits, row)
        flat = np.unpackbits(bits.view(np.uint8), axis=1, bitorder="little")[:, : self._vocabulary]
        return torch.from_numpy(flat.astype(bool))
