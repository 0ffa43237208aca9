"""Natural strings of the public corpus, sorted by the kind of slot that they can fill."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable

from toolsmith_schema.decision import ToolCall
from toolsmith_schema.example import Example
from toolsmith_trainer.pretraining.corpus import Corpus
from toolsmith_trainer.pretraining.values import Pools

_KIND_OF_SLOT = {
    "city": "city",
    "place_name": "city",
    "location": "city",
    "state": "city",
    "country": "city",
    "destination": "city",
    "city_of_event": "city",
    "person": "person",
    "artist": "person",
    "artist_name": "person",
    "last_name": "person",
    "first_name": "person",
    "event_name": "title",
    "movie_name": "title",
    "object_name": "title",
    "entity_name": "title",
    "playlist": "title",
    "subject": "title",
    "album": "title",
    "track": "title",
    "restaurant_name": "title",
    "theater_name": "title",
    "business_name": "title",
    "news_topic": "topic",
    "definition_word": "topic",
    "food_type": "topic",
    "served_dish": "topic",
}


_KIND_OF_ARGUMENT = {
    ("create_event", "title"): "title",
    ("set_reminder", "text"): "task",
    ("search_web", "query"): "query",
    ("send_email", "subject"): "title",
}
"""Arguments of training examples whose values are worth borrowing: natural phrases."""


def pools(corpus: Corpus, examples: Iterable[Example] = ()) -> Pools:
    """Slot values, words and short sentences of `corpus`, and phrases of training `examples`."""
    by_kind: dict[str, set[str]] = defaultdict(set)
    sentences, words = set(), set()
    for row in corpus.utterances:
        for slot, value in row["slots"].items():
            kind = _KIND_OF_SLOT.get(slot)
            if kind and isinstance(value, str) and 1 < len(value) < 40:
                by_kind[kind].add(value)
        text = row["utterance"].rstrip(".?!")
        if 8 < len(text) < 90 and '"' not in text:
            sentences.add(text)
            if 10 < len(text) < 50 and not row["standalone"]:
                by_kind["query"].add(text.lower())
    for example in examples:
        call = example.decision
        if not isinstance(call, ToolCall):
            continue
        for name, value in call.args.items():
            kind = _KIND_OF_ARGUMENT.get((call.tool, name))
            if kind == "task" and value.lower().startswith(("the ", "my ", "our ", "a ")):
                kind = "topic"
            if kind:
                by_kind[kind].add(value)
            elif name in ("text", "body"):
                sentences.add(value)
    for text in corpus.texts[:: max(1, len(corpus.texts) // 3000)]:
        words.update(re.findall(r"[A-Za-z][a-z]{2,11}", text)[:120])
    by_kind["query"] |= {
        f"{a} {b}" for a, b in zip(sorted(by_kind["topic"]), sorted(by_kind["title"]), strict=False)
    }
    return Pools(
        by_kind={kind: sorted(found) for kind, found in by_kind.items()},
        words=sorted(words),
        sentences=sorted(sentences),
    )
