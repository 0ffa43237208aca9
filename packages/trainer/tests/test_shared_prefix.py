"""Packing behind a shared toolbox changes the price of a batch and nothing else."""

from __future__ import annotations

import copy
from pathlib import Path

import pytest
import torch
from peft import LoraConfig, get_peft_model
from torch.nn import functional as F

from toolsmith_schema import DataError, Example, Toolbox, ToolCall
from toolsmith_trainer.merged import MergedGradients
from toolsmith_trainer.router_trainer import target_loss
from toolsmith_trainer.rows import IGNORED, SharedPrefixCollator, common_length, divided, token_rows
from toolsmith_trainer.sft import PROJECTIONS, load_base
from toolsmith_trainer.shared_prefix import Shape, shared_prefix_attention, slots

from .conftest import EXAMPLES


def plain_loss(model: torch.nn.Module, row: dict[str, list[int]]) -> float:
    ids, labels = torch.tensor([row["input_ids"]]), torch.tensor([row["labels"]])
    logits = model(input_ids=ids).logits[:, :-1]
    return F.cross_entropy(
        logits.reshape(-1, logits.shape[-1]), labels[:, 1:].reshape(-1), ignore_index=IGNORED, reduction="sum"
    ).item()


@pytest.mark.parametrize("count", [1, 2, 17])
def test_a_packed_batch_has_the_loss_of_its_rows_one_by_one(base: Path, count: int) -> None:
    tokenizer, model = load_base(str(base))
    rows = token_rows((EXAMPLES * 3)[:count], tokenizer, Toolbox.default(), longest=4096)
    one_by_one = sum(plain_loss(model, row) for row in rows)
    batch = SharedPrefixCollator(0)(rows)
    with shared_prefix_attention(model):
        packed = target_loss(model, batch).item()
    assert packed == pytest.approx(one_by_one, rel=1e-5)
    assert len(batch["shape"].turns) == (count if count > 1 else 0)
    assert batch["shape"].length == batch["input_ids"].shape[1]


def test_rows_without_a_common_toolbox_are_padded_and_score_the_same(base: Path) -> None:
    tokenizer, model = load_base(str(base))
    other = Toolbox.from_json([{"name": "z", "inputSchema": {"type": "object", "properties": {}}}])
    rows = token_rows(EXAMPLES[:2], tokenizer, Toolbox.default(), longest=4096)
    rows += token_rows(
        [Example(id="z", request="go", decision=ToolCall(tool="z"))], tokenizer, other, longest=4096
    )
    batch = SharedPrefixCollator(0)(rows)
    assert batch["shape"].turns == () and len(batch["input_ids"]) == 3
    one_by_one = sum(plain_loss(model, row) for row in rows)
    with shared_prefix_attention(model):
        assert target_loss(model, batch).item() == pytest.approx(one_by_one, rel=1e-5)


def test_a_turn_is_not_touched_by_the_turn_beside_it(base: Path) -> None:
    tokenizer, model = load_base(str(base))
    rows = token_rows(EXAMPLES[:3], tokenizer, Toolbox.default(), longest=4096)
    batch = SharedPrefixCollator(0)(rows)
    changed = {**batch, "input_ids": batch["input_ids"].clone()}
    changed["input_ids"][0, batch["shape"].prefix] += 1
    with shared_prefix_attention(model), torch.no_grad():
        given = [
            model(**{k: v for k, v in b.items() if k != "labels"}, use_cache=False).logits[0]
            for b in (batch, changed)
        ]
    second = batch["shape"].starts[1]
    assert torch.equal(given[0][second:], given[1][second:])
    assert not torch.equal(given[0][:second], given[1][:second])


def test_room_is_shared_by_turns_of_like_length() -> None:
    assert slots([3, 5, 9, 17], at_once=2) == (8, 8, 24, 24)
    assert slots([8, 9, 20], at_once=2, multiple=1) == (9, 9, 20)
    assert Shape(prefix=10, turns=(8, 8, 24)).starts == (10, 18, 26)


def test_the_common_beginning_ends_before_the_first_answer() -> None:
    rows = [{"input_ids": [1, 2, 3, 4], "labels": [IGNORED, IGNORED, 3, 4]}] * 2
    assert common_length(rows) == 1


def test_rows_that_do_not_fit_or_name_unknown_tools_are_refused(base: Path) -> None:
    tokenizer, _ = load_base(str(base))
    with pytest.raises(DataError, match="at most 20"):
        token_rows(EXAMPLES[:1], tokenizer, Toolbox.default(), longest=20)
    stray = Example(id="s", request="x", decision=ToolCall(tool="fly"))
    with pytest.raises(DataError, match="fly"):
        token_rows([stray], tokenizer, Toolbox.default(), longest=4096)


def test_gradients_by_way_of_merged_weights_are_those_of_the_lora_matrices(base: Path) -> None:
    tokenizer, model = load_base(str(base))
    torch.manual_seed(3)
    copies = [copy.deepcopy(model) for _ in range(2)]
    tuned = get_peft_model(model, LoraConfig(r=4, lora_alpha=8, target_modules=PROJECTIONS))
    for name, weight in tuned.named_parameters():
        if "lora_B" in name:
            torch.nn.init.normal_(weight, std=0.02)
    rows = token_rows(EXAMPLES * 2, tokenizer, Toolbox.default(), longest=4096)
    batch = SharedPrefixCollator(0)(rows)
    with shared_prefix_attention(model):
        loss = target_loss(tuned, batch) / 7
    loss.backward()
    wanted = {name: p.grad.clone() for name, p in tuned.named_parameters() if p.requires_grad}
    tuned.zero_grad()
    parts = divided(batch, 2)
    assert len(parts) == 2 and sum(len(part["shape"].turns) for part in parts) == len(rows)
    found = MergedGradients(tuned, copies, target_loss).gradients(parts, 7.0)
    assert found == pytest.approx(loss.item(), rel=1e-5)
    assert len(wanted) == 2 * len(PROJECTIONS) * model.config.num_hidden_layers
    for name, p in tuned.named_parameters():
        if p.requires_grad:
            assert torch.allclose(p.grad, wanted[name], rtol=1e-3, atol=1e-5), name
