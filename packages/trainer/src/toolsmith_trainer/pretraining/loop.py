"""The pretraining loop of the embedded base: time-boxed, resumable, CPU or GPU.

    toolsmith pretrain --corpus FOLDER --minutes 60

Weight matrices are trained with Muon, embeddings and gains with AdamW. The learning rate is constant and
falls linearly to zero over the last part of the time box, so the box can be chosen freely; the loss is
taken only where a token is a target, so the vocabulary is multiplied only there.
"""

from __future__ import annotations

import random
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path

import torch
from torch.nn import functional as F
from transformers import PreTrainedTokenizerBase, Qwen2Config, Qwen2ForCausalLM

from toolsmith_schema.example import read_examples
from toolsmith_schema.files import write_json
from toolsmith_trainer.pretraining import checkpoint
from toolsmith_trainer.pretraining.checkpoint import State
from toolsmith_trainer.pretraining.config import PretrainConfig
from toolsmith_trainer.pretraining.copying import start_with_copying
from toolsmith_trainer.pretraining.corpus import Corpus
from toolsmith_trainer.pretraining.embeddings import semantic_embeddings
from toolsmith_trainer.pretraining.packing import Batch, PackStream
from toolsmith_trainer.pretraining.tasks import Tasks
from toolsmith_trainer.pretraining.tokenizer import END, PAD, train_tokenizer
from toolsmith_trainer.pretraining.workers import Workers


def model_config(config: PretrainConfig) -> Qwen2Config:
    """The model's configuration in Hugging Face form."""
    return Qwen2Config(
        vocab_size=config.vocab_size,
        hidden_size=config.hidden_size,
        num_hidden_layers=config.layers,
        num_attention_heads=config.heads,
        num_key_value_heads=config.kv_heads,
        intermediate_size=config.intermediate_size,
        max_position_embeddings=4096,
        rope_theta=10_000.0,
        tie_word_embeddings=True,
        bos_token_id=None,
        eos_token_id=1,
        pad_token_id=0,
    )


def weighted_loss(model: Qwen2ForCausalLM, batch: Batch) -> torch.Tensor:
    """Sum of cross-entropy times weight over target tokens; a scalar.

    Hidden states are computed for the whole row, logits only where the next token has a weight.
    """
    hidden = model.model(
        input_ids=batch.ids,
        position_ids=batch.positions,
        prefix_mask=batch.mask,
        use_cache=False,
        shape=batch.shape,
    ).last_hidden_state
    weights = batch.weights[:, 1:]
    where = weights > 0
    logits = model.lm_head(hidden[:, :-1][where])  # (targets, vocabulary)
    losses = F.cross_entropy(logits.float(), batch.ids[:, 1:][where], reduction="none")
    return (losses * weights[where]).sum()


def optimizers(model: torch.nn.Module, config: PretrainConfig) -> list[torch.optim.Optimizer]:
    """Muon for the weight matrices, AdamW for the rest; the copying layers go slowly, or they are lost.

    Each group remembers its peak rate.
    """
    named = dict(model.named_parameters())
    copying = {name for name in named if ".layers.0.self_attn." in name or ".layers.1.self_attn." in name}
    matrices = [n for n, p in named.items() if p.ndim == 2 and "embed" not in n and n not in copying]
    others = [n for n in named if n not in copying and n not in matrices]
    groups = [
        {"params": [named[n] for n in others], "lr": config.adam_lr},
        {"params": [named[n] for n in sorted(copying)], "lr": config.copying_lr},
    ]
    made: list[torch.optim.Optimizer] = [
        torch.optim.Muon([named[n] for n in matrices], lr=config.muon_lr, weight_decay=0.1, momentum=0.95),
        torch.optim.AdamW(groups, betas=(0.9, 0.95), weight_decay=0.0),
    ]
    for optimizer in made:
        for group in optimizer.param_groups:
            group["peak"] = group["lr"]
    return made


def rate(step: int, progress: float, config: PretrainConfig) -> float:
    """Share of the peak learning rate at `step`, `progress` (0–1) into the time box."""
    warm = min(1.0, (step + 1) / config.warmup_steps)
    cool = min(1.0, (1.0 - min(progress, 1.0)) / config.cooldown)
    return warm * max(cool, 0.02)


def pretrain(
    config: PretrainConfig,
    corpus_folder: Path,
    output: Path,
    *,
    examples: Path | None = None,
    start_from: Path | None = None,
    device: str | None = None,
) -> State:
    """Train the base into `output` (tokenizer, weights, record, card); resume from ``output/checkpoint``.

    A run without a checkpoint begins with the published base in `start_from`, or from nothing.

    The training `examples` lend argument values from the start, and later their requests: those are asked of
    siblings of their tools (`toolsmith_trainer.pretraining.siblings`), never of the tools themselves.

    Raises:
        ArtifactMissing: there is no base in `start_from`.
        DataError: the corpus or `examples` is not there, or malformed.
        ToolsmithError: `output` or `start_from` holds a run of another configuration.
    """
    device = device or ("cuda" if torch.cuda.is_available() else "cpu")
    corpus = Corpus.read(corpus_folder)
    work = output / "checkpoint"
    work.mkdir(parents=True, exist_ok=True)
    checkpoint.pin_config(config, work)
    if start_from:
        checkpoint.adopt(start_from, config, work)
    tasks = Tasks(corpus, read_examples(examples) if examples else ())
    tokenizer = _tokenizer(tasks, corpus, config, work)
    torch.manual_seed(config.seed)
    model = Qwen2ForCausalLM(model_config(config))
    start_with_copying(model)
    if not (work / "state.pt").exists():
        _say("counting which tokens stand together, a minute or two")
        with torch.no_grad():
            model.model.embed_tokens.weight.copy_(_embeddings(model.config, tokenizer, corpus))
    model.to(device)
    opts = optimizers(model, config)
    state = checkpoint.restore(model, opts, work, device)
    size = sum(p.numel() for p in model.parameters())
    used = f"{state.seconds / 60:.1f} of {config.minutes:g} minutes used"
    _say(f"{size / 1e6:.2f} M parameters on {device}; from step {state.step}, {used}")
    stream = PackStream(
        tasks,
        corpus.texts,
        tokenizer,
        seed=config.seed,
        first=state.step,
        rows=config.rows,
        turns=config.turns,
    )
    batches: Iterator[list[Batch]] = iter(
        torch.utils.data.DataLoader(stream, batch_size=None, num_workers=1, prefetch_factor=6)
    )
    try:
        state = _loop(config, model, opts, batches, state, work, device)
    except KeyboardInterrupt:
        _say("stopped; the same command goes on from the last checkpoint")
        raise
    _publish(model, tokenizer, config, corpus, state, output)
    return state


def _loop(
    config: PretrainConfig,
    model: Qwen2ForCausalLM,
    opts: list[torch.optim.Optimizer],
    batches: Iterator[list[Batch]],
    state: State,
    work: Path,
    device: str,
) -> State:
    curve, saved = list(state.curve), state.seconds
    losses: list[float] = []
    workers = Workers(model, config.rows, weighted_loss)
    last = time.monotonic()
    while state.seconds < config.minutes * 60:
        parts = [part.to(device) for part in next(batches)]
        share = rate(state.step, state.seconds / (config.minutes * 60), config)
        for optimizer in opts:
            for group in optimizer.param_groups:
                group["lr"] = group["peak"] * share
        losses.append(workers.gradients(parts))
        # each group by itself: the gradient of the copying layers is 100 times that of the rest
        for group in opts[1].param_groups:
            torch.nn.utils.clip_grad_norm_(group["params"], 1.0)
        for optimizer in opts:
            optimizer.step()
        workers.update()
        now = time.monotonic()
        state = replace(
            state,
            step=state.step + 1,
            tokens=state.tokens + sum(part.ids.numel() for part in parts),
            seconds=state.seconds + now - last,
        )
        last = now
        if state.step % 20 == 0:
            point = {
                "step": state.step,
                "seconds": round(state.seconds, 1),
                "tokens": state.tokens,
                "loss": round(sum(losses) / len(losses), 4),
            }
            curve.append(point)
            losses.clear()
            speed = f"{state.tokens / state.seconds:,.0f} tokens/s"
            _say(f"step {state.step}  {state.seconds / 60:6.1f} min  loss {point['loss']:.3f}  {speed}")
        if state.seconds - saved > config.save_minutes * 60:
            state = replace(state, curve=tuple(curve))
            checkpoint.save(model, opts, state, work)
            saved, last = state.seconds, time.monotonic()
    state = replace(state, curve=tuple(curve))
    checkpoint.save(model, opts, state, work)
    return state


def _tokenizer(tasks: Tasks, corpus: Corpus, config: PretrainConfig, work: Path) -> PreTrainedTokenizerBase:
    """The tokenizer of this run, trained on its own data the first time."""
    from transformers import PreTrainedTokenizerFast

    if (work / "tokenizer" / "tokenizer.json").exists():
        return PreTrainedTokenizerFast.from_pretrained(work / "tokenizer")
    rng = random.Random(f"{config.seed}/tokenizer")

    def texts() -> Iterator[str]:
        for _ in range(4000):
            pack = tasks.pack(rng, turns=8)
            yield " ".join(
                tool["function"]["name"] + " " + tool["function"]["description"] for tool in pack.tools
            )
            yield from (turn.request for turn in pack.turns)
        for text in corpus.texts[:: max(1, len(corpus.texts) // 2500)]:
            yield text[:1500]

    tokenizer = train_tokenizer(texts(), vocab_size=config.vocab_size)
    tokenizer.save_pretrained(work / "tokenizer")
    return tokenizer


def _embeddings(config: Qwen2Config, tokenizer: PreTrainedTokenizerBase, corpus: Corpus) -> torch.Tensor:
    """Embeddings of the corpus; requests count twice, long texts by their beginning."""
    requests = [f" {row['utterance']}" for row in corpus.utterances]
    texts = [text[:6000] for text in corpus.texts]
    return semantic_embeddings(
        [*texts, *requests, *requests],
        tokenizer,
        width=config.hidden_size,
        deviation=config.initializer_range,
    )


def _publish(
    model: Qwen2ForCausalLM,
    tokenizer: PreTrainedTokenizerBase,
    config: PretrainConfig,
    corpus: Corpus,
    state: State,
    output: Path,
) -> None:
    """Write weights (bfloat16, shards of at most 15 MB), tokenizer, record and card."""
    from toolsmith_trainer.pretraining.card import write_card

    model.to(torch.bfloat16).save_pretrained(output, max_shard_size="14MB")
    tokenizer.save_pretrained(output)
    assert tokenizer.convert_tokens_to_ids([PAD, END]) == [0, 1]
    write_json(
        output / "pretrain.json",
        {
            "config": asdict(config),
            **asdict(state),
            "parameters": sum(p.numel() for p in model.parameters()),
            "torch": torch.__version__,
            "licences": corpus.licences,
        },
    )
    write_card(output)


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
