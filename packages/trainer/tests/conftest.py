"""Toy-sized real things: a small corpus, a two-layer random base with its own tokenizer, a few examples."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest
import torch
from transformers import Qwen2ForCausalLM

from toolsmith_schema import Example, NoTool, ToolCall, write_examples
from toolsmith_trainer.pretraining.config import PretrainConfig
from toolsmith_trainer.pretraining.loop import model_config
from toolsmith_trainer.pretraining.tokenizer import train_tokenizer

SAID = {
    "CLINC150/tell_joke": ["tell me a joke", "make me laugh now"],
    "SNIPS/GetWeather": ["will it rain in Brill", "forecast for Oxhey please"],
    "SNIPS/PlayMusic": ["play Arrival of Spring", "put on some Mundell"],
    "CLINC150/greeting": ["hello there my friend", "good morning to you"],
}
SLOTS = {"Brill": {"city": "Brill"}, "Oxhey": {"city": "Oxhey"}, "Mundell": {"artist": "Mundell"}}


@pytest.fixture(scope="session")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in the form of the public corpus."""
    folder = tmp_path_factory.mktemp("corpus")
    rows = [
        {
            "utterance": text,
            "intent": key.split("/")[1],
            "slots": next((slots for word, slots in SLOTS.items() if word in text), {}),
            "standalone": True,
            "source": key.split("/")[0],
            "license": "CC0-1.0",
        }
        for key, texts in SAID.items()
        for text in texts
    ]
    texts = [
        {"text": f"The quick brown fox number {i} jumps. " * 9, "source": "t", "license": "MIT"}
        for i in range(9)
    ]
    for name, part in (("utterances", rows), ("text", texts), ("books", texts[:3])):
        with gzip.open(folder / f"{name}.jsonl.gz", "wt", encoding="utf-8") as stream:
            stream.writelines(json.dumps(row) + "\n" for row in part)
    return folder


EXAMPLES = [
    Example(id="a", request="weather in Oslo?", decision=ToolCall(tool="get_weather", args={"city": "Oslo"})),
    Example(id="b", request="and in Rome", decision=ToolCall(tool="get_weather", args={"city": "Rome"})),
    Example(
        id="c",
        request="tell Bo I am late, on slack",
        decision=ToolCall(tool="send_message", args={"to": "Bo", "text": "I am late", "channel": "slack"}),
    ),
    Example(id="d", request="how are you", decision=NoTool()),
    Example(
        id="e", request="look up tin mines", decision=ToolCall(tool="search_web", args={"query": "tin mines"})
    ),
    Example(id="f", request="nice day, isn't it?", decision=NoTool()),
] * 4


@pytest.fixture(scope="session")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A training file."""
    return write_examples(tmp_path_factory.mktemp("data") / "train.jsonl", EXAMPLES)


@pytest.fixture(scope="session")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with a two-layer random base."""
    folder = tmp_path_factory.mktemp("base")
    words = [example.request for example in EXAMPLES] * 20
    tokenizer = train_tokenizer(words, vocab_size=384)
    tokenizer.save_pretrained(folder)
    torch.manual_seed(0)
    config = model_config(toy_config(vocab_size=384))
    config.initializer_range = 0.2  # so large that logits differ, and there is something to learn
    Qwen2ForCausalLM(config).save_pretrained(folder)
    return folder


def toy_config(**changes: object) -> PretrainConfig:
    """A pretraining configuration of toy size."""
    settings: dict[str, object] = {
        "minutes": 0.02,
        "vocab_size": 512,
        "hidden_size": 32,
        "layers": 2,
        "heads": 2,
        "kv_heads": 1,
        "intermediate_size": 48,
        "rows": 1,
        "turns": 2,
        "warmup_steps": 2,
    }
    return PretrainConfig(**{**settings, **changes})  # type: ignore[arg-type]
