"""The span grammar at work: which tokens may come next, and which need no model to be chosen."""

from __future__ import annotations

from collections.abc import Sequence

import llguidance
import llguidance.numpy
import numpy as np
from numpy.typing import NDArray

from toolsmith_router.places import Places, Range
from toolsmith_schema.errors import ToolsmithError
from toolsmith_schema.grammar import span_grammar
from toolsmith_schema.letter_case import as_read
from toolsmith_schema.toolbox import Toolbox

_MOST_PREFIXES = 24


class Matcher:
    """Where one answer stands: in the grammar of its request, and in the use of the request's words."""

    def __init__(
        self, grammar: llguidance.LLMatcher, places: Places, tokenizer: llguidance.LLTokenizer
    ) -> None:
        self.grammar, self.places, self._tokenizer = grammar, places, tokenizer

    def consume(self, token: int) -> None:
        """Go on by a token that was allowed."""
        self.grammar.consume_token(token)
        self.places.read(self._tokenizer.decode_bytes([token]))

    def copy(self) -> Matcher:
        """An independent copy."""
        return Matcher(self.grammar.deep_copy(), self.places.copy(), self._tokenizer)

    def narrow(self, allowed: NDArray[np.bool_]) -> None:
        """Take from `allowed`, (V,) of one row, the words that are used up, unless nothing would be left."""
        if self.places.matters:
            tokens = np.flatnonzero(allowed)
            used = [t for t in tokens if not self.places.allows(self._tokenizer.decode_bytes([int(t)]))]
            if len(used) < len(tokens):
                allowed[used] = False


class Grammars:
    """Compiles span grammars for one tokenizer."""

    def __init__(self, tokenizer: llguidance.LLTokenizer, vocabulary: int) -> None:
        """Grammars over the first `vocabulary` tokens of `tokenizer`."""
        self._tokenizer = tokenizer
        self._vocabulary = vocabulary

    def matcher(self, toolbox: Toolbox, request: str, kept: Sequence[Range] = ()) -> Matcher:
        """A fresh matcher for one request, over its words `as_read`; those in `kept` are not for free text.

        Raises:
            GrammarError: the toolbox cannot be expressed.
            ToolsmithError: llguidance refuses the grammar.
        """
        said = as_read(request)
        grammar = llguidance.LLMatcher.grammar_from_lark(span_grammar(toolbox, said))
        matcher = llguidance.LLMatcher(self._tokenizer, grammar)
        if matcher.is_error():
            raise ToolsmithError(f"the span grammar was refused: {matcher.get_error()}")
        return Matcher(matcher, Places(toolbox, said, kept), self._tokenizer)

    def allowed(self, matchers: Sequence[Matcher | None]) -> NDArray[np.bool_]:
        """(B, V) bool, True where a token may come next; all True for a row without a matcher."""
        bits = llguidance.numpy.allocate_token_bitmask(len(matchers), self._vocabulary)
        bits[:] = -1
        for row, matcher in enumerate(matchers):
            if matcher is not None:
                llguidance.numpy.fill_next_token_bitmask(matcher.grammar, bits, row)
        flat = np.unpackbits(bits.view(np.uint8), axis=1, bitorder="little")[:, : self._vocabulary]
        mask = flat.astype(bool)
        for row, matcher in enumerate(matchers):
            if matcher is not None:
                matcher.narrow(mask[row])
        return mask


class Forced:
    """Finds the tokens that need no model, because the grammar leaves one text only."""

    def __init__(self, grammars: Grammars, texts: Sequence[bytes]) -> None:
        """Look ahead with `grammars`; `texts` says what each token stands for."""
        self._grammars, self._texts = grammars, texts

    def token(self, matcher: Matcher, allowed: Sequence[int], before: bytes) -> int | None:
        """The token that training has at this place; None where there is a choice.

        The tokens that begin one forced text are its beginnings. The longest is what the tokenizer makes of
        it when it is a whole word; inside a word, or before more letters, the tokenizer may cut otherwise,
        and the choice is left to the model.

        Args:
            matcher: the state of the grammar; it stays as it is.
            allowed: the tokens that may come next.
            before: the text of the token before.
        """
        if len(allowed) == 1:
            return allowed[0]
        if not 0 < len(allowed) <= _MOST_PREFIXES:
            return None
        longest = max(allowed, key=lambda token: len(self._texts[token]))
        whole = self._texts[longest]
        if not all(whole.startswith(self._texts[token]) for token in allowed):
            return None
        if _word(before[-1:]) and _word(whole[:1]):
            return None
        if _word(whole[-1:]):
            ahead = matcher.copy()
            ahead.consume(longest)
            following = np.flatnonzero(self._grammars.allowed([ahead])[0])
            if any(_word(self._texts[token][:1]) for token in following):
                return None
        return longest


def _word(letter: bytes) -> bool:
    """Whether a byte may be part of a word or number; every byte beyond ASCII may."""
    return letter.isalnum() or letter > b"\x7f"
