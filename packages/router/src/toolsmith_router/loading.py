"""Loading a base model, its tokenizer and its adapter; errors name the missing artifact and its command."""

from __future__ import annotations

import threading
import warnings
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

import torch
from transformers import (
    AutoModelForCausalLM,
    AutoTokenizer,
    PreTrainedModel,
    PreTrainedTokenizerBase,
    PreTrainedTokenizerFast,
)
from transformers.models.auto.tokenization_auto import get_tokenizer_config
from transformers.utils import logging as transformers_logging

from toolsmith_schema.errors import ArtifactMissing, ToolsmithError

DEFAULT_BASE = "artifacts/base"
DEFAULT_ADAPTER = "artifacts/adapter"


@dataclass(eq=False, kw_only=True)
class LoadedModel:
    """One model in memory that answers as base and, where an adapter is loaded, as tuned."""

    model: Any
    """A causal LM, wrapped by PEFT when `adapter` is set."""
    tokenizer: PreTrainedTokenizerBase
    """With a chat template."""
    base: str
    """Directory or hub id of the base."""
    adapter: str | None
    """Directory of the adapter."""
    device: str
    """cpu, cuda or mps."""
    lock: threading.RLock = field(default_factory=threading.RLock)
    """Held for each batch: switching the adapter is global state of the model."""


def pick_device() -> str:
    """cuda, mps or cpu, the first that is there."""
    if torch.cuda.is_available():
        return "cuda"
    return "mps" if torch.backends.mps.is_available() else "cpu"


def load_tokenizer(base: str) -> PreTrainedTokenizerBase:
    """The tokenizer of `base` as its files declare it.

    For some architectures, Qwen2 among them, `AutoTokenizer` puts a class with a pre-tokenizer of its own in
    the place of a declared generic one, and the tokens are no longer those of pretraining.
    """
    declared = get_tokenizer_config(base).get("tokenizer_class")
    generic = declared in ("TokenizersBackend", "PreTrainedTokenizerFast")
    return (PreTrainedTokenizerFast if generic else AutoTokenizer).from_pretrained(base)


def load_model(base: Path | str = DEFAULT_BASE, adapter: Path | str | None = None) -> LoadedModel:
    """Load `base` and, if given, `adapter`; the same pair is loaded once a process.

    Raises:
        ArtifactMissing: a directory is not there.
        ToolsmithError: the hub cannot be reached, or the files are not a model.
    """
    return _load(str(base), None if adapter is None else str(adapter))


@lru_cache(maxsize=2)
def _load(base: str, adapter: str | None) -> LoadedModel:
    return load_alone(base, adapter)


def load_alone(base: str, adapter: str | None) -> LoadedModel:
    """A model that nobody else has, to be changed at will; errors as in `load_model`."""
    _check_base(base)
    if adapter is not None and not (Path(adapter) / "adapter_config.json").exists():
        raise ArtifactMissing("the adapter", adapter, f"toolsmith train --base {base} --output {adapter}")
    transformers_logging.disable_progress_bar()
    device = pick_device()
    dtype = torch.float32 if device == "cpu" else torch.bfloat16
    try:
        tokenizer = load_tokenizer(base)
        model: PreTrainedModel = AutoModelForCausalLM.from_pretrained(base, dtype=dtype)
    except (OSError, ValueError) as error:
        raise ToolsmithError(
            f"{base} could not be loaded as a causal language model ({error}). Give --base a directory that "
            "holds one, or a hub id while the hub can be reached."
        ) from None
    if not tokenizer.chat_template:
        raise ToolsmithError(
            f"{base} has no chat template; a router needs an instruction-tuned model with one."
        )
    wrapped: Any = model
    if adapter is not None:
        from peft import PeftModel

        try:
            with warnings.catch_warnings():
                # peft 0.21 still uses old names of transformers; goes when it does
                warnings.filterwarnings("ignore", category=FutureWarning)
                wrapped = PeftModel.from_pretrained(model, adapter)
        except (RuntimeError, ValueError) as error:
            first = str(error).splitlines()[0]
            raise ToolsmithError(
                f"the adapter {adapter} does not fit the base {base} ({first}). It was trained on another "
                f"base; train one for this base with: toolsmith train --base {base} --output FOLDER"
            ) from None
    wrapped.to(device).eval()
    return LoadedModel(model=wrapped, tokenizer=tokenizer, base=base, adapter=adapter, device=device)


def _check_base(base: str) -> None:
    looks_like_hub_id = base.count("/") == 1 and not base.startswith((".", "/", "artifacts", "scratch"))
    if not looks_like_hub_id and not (Path(base) / "config.json").exists():
        raise ArtifactMissing(
            "the base model",
            base,
            f"toolsmith pretrain --corpus FOLDER --output {base} (or give --base a hub id)",
        )
