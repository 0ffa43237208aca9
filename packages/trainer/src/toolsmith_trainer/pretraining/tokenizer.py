"""The embedded base's tokenizer: byte-level BPE over words with the space before them.

A router copies spans of the request into JSON. An argument is written with the space that stands before it
(`toolsmith_schema.prompt.spaced`), so a span has the same tokens in the request and in the answer, and what
comes after a word is the next word, which is what a copying head looks for. Punctuation marks stand alone,
numbers are cut in threes, camelCase parts are words. The fixed pieces of the wire format are single tokens,
the whole refusal ``{"tool": null, "args": {}}`` among them.
"""

from __future__ import annotations

from collections.abc import Iterable

from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import PreTrainedTokenizerFast

PIECES = (
    '{"tool": null, "args": {}}',
    '{"tool": "',
    '", "args": {"',
    '", "args": {}}',
    '": "',
    '", "',
    '"}}',
    '": ["',
    '"], "',
    '"]}}',
)
"""Fixed pieces of the wire format that are one token each."""

PAD, END, ASK, ANSWER = "<|pad|>", "<|end|>", "<|ask|>", "<|answer|>"
"""Padding; the end of an answer; before a request; before an answer."""

_SPLIT = r" ?\p{N}{1,3}| ?\p{Lu}?[\p{Ll}\p{M}]+| ?\p{Lu}+| ?[\p{L}\p{M}]| ?[^\s\p{L}\p{M}\p{N}]|\s"

CHAT_TEMPLATE = """\
{%- for tool in tools or [] -%}
{%- set f = tool.function if tool.function is defined else tool -%}
{{- f.description | replace('<|', '< |') }} >{{ f.name }}(
{%- for name, p in f.parameters.properties.items() -%}
{{- name }}{{ '' if name in (f.parameters.required or []) else '?' }}
{%- if p.enum is defined -%}={{ p.enum | join('|') }}
{%- elif p.type == 'array' -%}[]
{%- elif p.type in ('integer', 'number') -%}:number
{%- elif p.format is defined -%}:{{ p.format }}
{%- endif -%}
{{- '' if loop.last else ',' -}}
{%- endfor -%}
){{ '\\n' }}
{%- endfor -%}
{%- for message in messages if message.role != 'system' -%}
{%- if message.role == 'user' -%}
{%- set said = '<|ask|> ' ~ message.content | replace('<|', '< |') -%}{{ said ~ said }}
{%- else -%}<|answer|>{{ message.content }}<|end|>
{%- endif -%}
{%- endfor -%}
{%- if add_generation_prompt -%}<|answer|>{%- endif -%}
"""
"""Tools as compact signatures, then requests and answers; the system message is left out (the format is
pretrained). A request begins with a space, so that its first word looks like any other.

A request stands there twice. A model that reads from left to right knows the end of a request only at its
end; at the second reading each word is seen in the light of all others (Arora et al. 2024, arXiv 2407.05483).

A description stands before its tool's name: a token sees only what is before it, so a name token knows what
its tool is for, and an answer can find a name by that. Text that looks like a control token is broken up."""


def asked(request: str) -> str:
    """What the template makes of a `request` and the beginning of its answer."""
    said = f"{ASK} {request}"
    return f"{said}{said}{ANSWER}"


def train_tokenizer(texts: Iterable[str], *, vocab_size: int) -> PreTrainedTokenizerFast:
    """Train the tokenizer on `texts`; deterministic for the same texts in the same order."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(_SPLIT), behavior="isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=vocab_size - len(PIECES),
        special_tokens=[PAD, END, ASK, ANSWER],
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    tokenizer.add_tokens([AddedToken(piece, normalized=False, special=False) for piece in PIECES])
    wrapped = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, eos_token=END, pad_token=PAD, clean_up_tokenization_spaces=False
    )
    wrapped.chat_template = CHAT_TEMPLATE
    return wrapped
