"""The embedded base's tokenizer: byte-level BPE whose words look the same wherever they stand.

A router copies spans of the request into JSON. With the usual BPE a word has one form after a space and
another after a quotation mark, and a small model has to learn each pair. Here white space is a token of
its own, digits and punctuation marks stand alone, and camelCase parts are words, so a span has the same
tokens in the request and in the answer. The fixed pieces of the wire format are single tokens, the whole
refusal ``{"tool": null, "args": {}}`` among them.
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

PAD, START, END = "<|endoftext|>", "<|im_start|>", "<|im_end|>"

_SPLIT = r"\p{N}|\p{Lu}?[\p{Ll}\p{M}]+|\p{Lu}+|[\p{L}\p{M}]|\s|[^\s\p{L}\p{M}\p{N}]"

CHAT_TEMPLATE = """\
{%- if tools -%}
<|im_start|>system
{% for tool in tools -%}
{%- set f = tool.function if tool.function is defined else tool -%}
{{- f.description }} >{{ f.name }}(
{%- for name, p in f.parameters.properties.items() -%}
{{- name }}{{ '' if name in (f.parameters.required or []) else '?' }}
{%- if p.enum is defined -%}={{ p.enum | join('|') }}
{%- elif p.type == 'array' -%}[]
{%- elif p.type in ('integer', 'number') -%}:number
{%- elif p.format is defined -%}:{{ p.format }}
{%- endif -%}
{{- '' if loop.last else ', ' -}}
{%- endfor -%}
){{ '\\n' }}
{%- endfor -%}
<|im_end|>{{ '\\n' }}
{%- endif -%}
{%- for message in messages if message.role != 'system' -%}
<|im_start|>{{ message.role }}{{ '\\n' }}{{ message.content }}<|im_end|>{{ '\\n' }}
{%- endfor -%}
{%- if add_generation_prompt -%}
<|im_start|>assistant{{ '\\n' }}
{%- endif -%}
"""
"""ChatML; tools as compact signatures; the system message is left out (the format is pretrained).

A description stands before its tool's name: a token sees only what is before it, so a name token knows what
its tool is for, and an answer can find a name by that."""


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
        special_tokens=[PAD, START, END],
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
