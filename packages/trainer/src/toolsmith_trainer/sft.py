"""LoRA fine-tuning of a causal language model into a router, with TRL's SFTTrainer and PEFT.

    toolsmith train --base artifacts/base --data data/train.jsonl --output artifacts/adapter

Loss is taken on the answer only. All rows of a batch share their toolbox, so it is computed once a batch
(`shared_prefix`), logits are made only where there is a target (`router_trainer`), and on a CPU the gradients
of a small base come by way of its merged weights (`merged`): the same loss for a fraction of the work. Not
known here: where the rows come from, and how good the result is.
"""

from __future__ import annotations

import copy
import json
import platform
import shutil
import sys
import time
import warnings
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import torch
from datasets import Dataset
from peft import LoraConfig
from peft.tuners.tuners_utils import BaseTunerLayer
from transformers import (
    AutoModelForCausalLM,
    AutoTokenizer,
    PreTrainedTokenizerBase,
    PreTrainedTokenizerFast,
)
from transformers.models.auto.tokenization_auto import get_tokenizer_config
from trl import SFTConfig

from toolsmith_schema.errors import ArtifactMissing, DataError, ToolsmithError
from toolsmith_schema.example import Example, read_examples
from toolsmith_schema.files import sha256, write_json
from toolsmith_schema.toolbox import Toolbox
from toolsmith_trainer.checkpoints import checkpoint_of, weights_digest
from toolsmith_trainer.config import TrainConfig
from toolsmith_trainer.record import TrainRecord, versions, write_loss_picture, write_model_card
from toolsmith_trainer.router_trainer import DevLoss, RouterTrainer, curve_of
from toolsmith_trainer.rows import SharedPrefixCollator, TokenRow, token_rows
from toolsmith_trainer.shared_prefix import shared_prefix_attention
from toolsmith_trainer.toolbox_variants import assign, forms

_MOST_FORMS = 12
"""Most other forms of the toolbox for the rows of `TrainConfig.variants`; each has at least four batches."""
_SMALL = 50e6
"""Parameters below which a base counts as small."""
PROJECTIONS = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]


def train(
    config: TrainConfig,
    *,
    base: str,
    data: Path,
    output: Path,
    dev: Path | None = None,
    toolbox: Toolbox | None = None,
) -> TrainRecord:
    """Fine-tune `base` on the examples in `data`; writes adapter, record, loss picture and model card.

    A stopped run goes on from its last checkpoint when called again with the same settings and data.

    Raises:
        ArtifactMissing: the base is not there.
        DataError: the data is missing, malformed or too long.
    """
    started = time.monotonic()
    box = toolbox or Toolbox.default()
    examples = _evenly(read_examples(data), config.limit)
    if not examples:
        raise DataError(data, "no rows to train on; make them with: toolsmith dataset build")
    tokenizer, model = load_base(base, torch.bfloat16 if _bfloat16() else torch.float32)
    if not config.learning_rate:
        config = replace(config, learning_rate=2e-3 if model.num_parameters() < _SMALL else 2e-4)
    longest = min(model.config.max_position_embeddings, 4096)
    others = min(_MOST_FORMS, int(config.variants * len(examples)) // (4 * config.batch_size))
    shown = forms(box, 1 + others, seed=config.seed)
    groups = assign(examples, len(shown), share=config.variants, seed=config.seed)
    rows = [
        row
        for number, example in zip(groups, examples, strict=True)
        for row in token_rows(
            [shown[number].example(example)], tokenizer, shown[number].toolbox, longest=longest
        )
    ]
    held = token_rows(_evenly(read_examples(dev), 256), tokenizer, box, longest=longest) if dev else []
    collator = SharedPrefixCollator(pad_token(tokenizer))
    work = output.parent / "checkpoints"
    key = {
        "config": asdict(config),
        "base": base,
        "weights": weights_digest(model),
        "data": sha256(data),
        "toolbox": box.fingerprint,
    }
    resume = checkpoint_of(work, key)
    dev_loss = DevLoss([collator(held[i : i + 32]) for i in range(0, len(held), 32)])
    trainer = _trainer(config, model, tokenizer, rows, groups, collator, work, dev_loss)
    trainable = sum(p.numel() for p in trainer.model.parameters() if p.requires_grad)
    total = sum(p.numel() for p in trainer.model.parameters())
    share = f"{trainable:,} of {total:,} parameters trainable ({trainable / total:.2%})"
    print(f"{len(rows)} rows, {share}, on {trainer.args.device}", file=sys.stderr, flush=True)
    with shared_prefix_attention(model):
        trainer.train(resume_from_checkpoint=str(resume) if resume else None)
    record = TrainRecord(
        config=asdict(config),
        base=base,
        data=str(data),
        data_sha256=sha256(data),
        rows=len(rows),
        toolbox_fingerprint=box.fingerprint,
        trainable_parameters=trainable,
        total_parameters=total,
        steps=trainer.state.global_step,
        wall_seconds=round(time.monotonic() - started, 1),
        resumed=resume is not None,
        device=str(trainer.args.device),
        precision="bf16 autocast" if trainer.args.bf16 else "fp32",
        versions=versions(),
        machine=f"{platform.machine()}, {torch.get_num_threads()} threads",
        curve=curve_of(trainer.state.log_history),
    )
    _save(trainer, base, output, record)
    shutil.rmtree(work, ignore_errors=True)
    return record


def load_base(base: str, dtype: torch.dtype = torch.float32) -> tuple[PreTrainedTokenizerBase, Any]:
    """Tokenizer and model of `base`, a directory or a hub id, in `dtype`.

    Raises:
        ArtifactMissing: the directory is not there.
        ToolsmithError: it is no causal language model with a chat template, or the hub cannot be reached.
    """
    if not Path(base).exists() and (base.count("/") != 1 or base.startswith((".", "/", "artifacts"))):
        raise ArtifactMissing("the base model", base, f"toolsmith pretrain --corpus FOLDER --output {base}")
    try:
        tokenizer = load_tokenizer(base)
        model = AutoModelForCausalLM.from_pretrained(base, dtype=dtype)
    except (OSError, ValueError) as error:
        raise ToolsmithError(f"{base} could not be loaded as a causal language model: {error}") from None
    if not tokenizer.chat_template:
        raise ToolsmithError(
            f"{base} has no chat template; fine-tuning needs an instruction-tuned base with one."
        )
    return tokenizer, model


def load_tokenizer(base: str) -> PreTrainedTokenizerBase:
    """The tokenizer of `base` as its files declare it.

    For some architectures, Qwen2 among them, `AutoTokenizer` puts a class with a pre-tokenizer of its own in
    the place of a declared generic one, and the tokens are no longer those of pretraining.
    """
    declared = get_tokenizer_config(base).get("tokenizer_class")
    generic = declared in ("TokenizersBackend", "PreTrainedTokenizerFast")
    return (PreTrainedTokenizerFast if generic else AutoTokenizer).from_pretrained(base)


def _on_cpu() -> bool:
    return not (torch.cuda.is_available() or torch.backends.mps.is_available())


def _bfloat16() -> bool:
    """Whether this machine computes in bfloat16 as it should; the LoRA matrices stay in float32."""
    return not _on_cpu() or torch.cpu._is_avx512_bf16_supported()


def _parts(config: TrainConfig, model: Any) -> int:
    """Parts of a batch to compute at once with merged weights; 0 where PEFT's own way is better."""
    small = model.num_parameters() < _SMALL and not config.dropout
    return min(2, torch.get_num_threads()) if _on_cpu() and small else 0


def pad_token(tokenizer: PreTrainedTokenizerBase) -> int:
    """The padding token, or the end token where there is none."""
    return tokenizer.pad_token_id if tokenizer.pad_token_id is not None else tokenizer.eos_token_id


def _trainer(
    config: TrainConfig,
    model: Any,
    tokenizer: PreTrainedTokenizerBase,
    rows: list[TokenRow],
    groups: list[int],
    collator: SharedPrefixCollator,
    work: Path,
    dev_loss: DevLoss,
) -> RouterTrainer:
    on_cpu = _on_cpu()
    steps = -(-len(rows) // config.batch_size)
    args = SFTConfig(
        output_dir=str(work),
        num_train_epochs=config.epochs,
        max_steps=config.max_steps or -1,
        per_device_train_batch_size=config.batch_size,
        learning_rate=config.learning_rate,
        lr_scheduler_type="cosine",
        warmup_steps=max(1, min(20, steps // 10)),
        weight_decay=0.0,
        max_grad_norm=1.0,
        logging_steps=max(1, min(10, steps // 5 or 1)),
        save_strategy="steps",
        save_steps=100,
        save_total_limit=1,
        report_to="none",
        seed=config.seed,
        use_cpu=on_cpu,
        bf16=_bfloat16(),
        gradient_checkpointing=False,
        max_length=None,
        dataset_kwargs={"skip_prepare_dataset": True},
        remove_unused_columns=False,
        dataloader_pin_memory=False,
    )
    lora = LoraConfig(
        r=config.rank,
        lora_alpha=config.alpha,
        lora_dropout=config.dropout,
        target_modules=PROJECTIONS,
        task_type="CAUSAL_LM",
    )
    dataset = Dataset.from_list(rows)
    copies = [copy.deepcopy(model) for _ in range(_parts(config, model))]
    with warnings.catch_warnings():
        # peft 0.21 and trl 1.16 still use old names of transformers; goes when they do
        warnings.filterwarnings("ignore", category=FutureWarning)
        trainer = RouterTrainer(
            model=model,
            args=args,
            train_dataset=dataset,
            processing_class=tokenizer,
            peft_config=lora,
            data_collator=collator,
            callbacks=[dev_loss],
            groups=groups,
            muon=config.muon,
            copies=copies,
        )
    for module in trainer.model.modules():
        if isinstance(module, BaseTunerLayer):
            module.cast_input_dtype_enabled = (
                False  # autocast casts where it is needed, once instead of twice
            )
    return trainer


def _save(trainer: RouterTrainer, base: str, output: Path, record: TrainRecord) -> None:
    """Write the adapter beside its place and move it in, then the record and what is made from it.

    The confidence that was chosen for the adapter before goes with it.
    """
    fresh = output.with_name(f".{output.name}.new")
    shutil.rmtree(fresh, ignore_errors=True)
    trainer.model.save_pretrained(fresh)
    path = fresh / "adapter_config.json"
    settings = json.loads(path.read_text("utf-8"))
    settings["base_model_name_or_path"] = base
    settings["target_modules"] = sorted(settings["target_modules"])
    write_json(path, settings)
    write_model_card(fresh, record)
    (output.parent / "calibration.json").unlink(missing_ok=True)
    shutil.rmtree(output, ignore_errors=True)
    output.parent.mkdir(parents=True, exist_ok=True)
    fresh.rename(output)
    write_json(output.parent / "train.json", record.to_json())
    write_loss_picture(output.parent / "loss.png", record)


def _evenly(examples: Sequence[Example], limit: int) -> list[Example]:
    """At most `limit` examples, spread over the file; all when `limit` is 0."""
    if not limit or limit >= len(examples):
        return list(examples)
    return [examples[i * len(examples) // limit] for i in range(limit)]
