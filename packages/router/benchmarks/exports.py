"""Do the exported models answer as torch does? Every row of a file, in each export's own runtime.

    python packages/router/benchmarks/exports.py --data data/dev.jsonl

The merged model runs in transformers and in the light runtime, both with the span grammar. The GGUF file
runs in llama.cpp where `llama-cpp-python` is installed, and in transformers' own reader of the format;
both decode freely, as a server would, and are compared with free decoding in torch. Prompts go to them as
token numbers. One line a runtime: rows, same calls, share. Exit code 1 when less than 99.5 % are the
same.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import torch
from transformers import AutoModelForCausalLM

from toolsmith_router.engine import MAX_NEW_TOKENS, Engine
from toolsmith_router.exporting import export
from toolsmith_router.gguf_file import write_gguf
from toolsmith_router.light.router import LightRouter
from toolsmith_router.loading import LoadedModel, load_model
from toolsmith_router.model_router import ModelRouter
from toolsmith_schema.example import read_examples
from toolsmith_schema.router import Routed
from toolsmith_schema.toolbox import Toolbox

LEAST = 0.995
BOX = Toolbox.default()


def main() -> int:
    """Export, compare, tell."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=Path("data/dev.jsonl"))
    parser.add_argument("--base", default="artifacts/base")
    parser.add_argument("--adapter", default="artifacts/adapter")
    parser.add_argument("--rows", type=int, default=0, help="at most so many rows; 0 takes all")
    options = parser.parse_args()
    requests = [example.request for example in read_examples(options.data)]
    requests = requests[:: max(1, len(requests) // options.rows)] if options.rows else requests

    loaded = load_model(options.base, options.adapter)
    bound = calls(ModelRouter(loaded).route(requests, BOX))
    free = calls(ModelRouter(loaded, decoding="free").route(requests, BOX))
    shares = []
    with tempfile.TemporaryDirectory() as name:
        folder, file = Path(name) / "merged", Path(name) / "model.gguf"
        export(options.base, options.adapter, folder)
        write_gguf(folder, file)
        merged = read(AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32), loaded)
        shares.append(told("merged safetensors, transformers", merged.route(requests, BOX), bound))
        shares.append(told("merged safetensors, light", LightRouter(folder).route(requests, BOX), bound))
        model = AutoModelForCausalLM.from_pretrained(name, gguf_file=file.name, dtype=torch.float32)
        unpacked = read(model, loaded, decoding="free")
        shares.append(told("GGUF, transformers", unpacked.route(requests, BOX), free))
        if find_spec("llama_cpp"):
            prompts = [Engine(loaded, tuned=True).prompt_ids(request, BOX) for request in requests]
            answers = [Routed.from_text(text) for text in llama(file, prompts, loaded)]
            shares.append(told("GGUF, llama.cpp", answers, free))
        else:
            print("GGUF, llama.cpp: left out, llama-cpp-python is not installed", file=sys.stderr)
    return 0 if min(shares) >= LEAST else 1


def read(model: Any, loaded: LoadedModel, **how: Any) -> ModelRouter:
    """A router of a merged `model` with the tokenizer of `loaded`."""
    alone = LoadedModel(
        model=model.eval(), tokenizer=loaded.tokenizer, base="merged", adapter=None, device=loaded.device
    )
    return ModelRouter(alone, model="base", **how)


def calls(answers: Sequence[Routed]) -> list[str]:
    """The decisions in a form that can be compared."""
    return [
        json.dumps(answer.decision.to_json(), sort_keys=True) if answer.decision else answer.raw
        for answer in answers
    ]


def told(runtime: str, answers: Sequence[Routed], right: Sequence[str]) -> float:
    """Print and return the share of `answers` that are as `right` has them."""
    same = sum(a == b for a, b in zip(calls(answers), right, strict=True))
    row = {"runtime": runtime, "rows": len(right), "same": same, "share": round(same / len(right), 4)}
    print(json.dumps(row), flush=True)
    return same / len(right)


def llama(file: Path, prompts: Sequence[Sequence[int]], loaded: LoadedModel) -> list[str]:
    """The free, greedy answers of llama.cpp."""
    from llama_cpp import Llama

    model = Llama(str(file), n_ctx=2048, n_batch=512, verbose=False)
    decode: Callable[..., str] = loaded.tokenizer.decode
    end, answers = loaded.tokenizer.eos_token_id, []
    for prompt in prompts:
        made: list[int] = []
        for token in model.generate(list(prompt), temp=0.0, top_k=1, repeat_penalty=1.0):
            if token == end or len(made) == MAX_NEW_TOKENS:
                break
            made.append(token)
        answers.append(decode(made, skip_special_tokens=True, clean_up_tokenization_spaces=False))
    return answers


if __name__ == "__main__":
    raise SystemExit(main())
