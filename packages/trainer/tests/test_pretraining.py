"""Pretraining: what the tasks promise, how a run resumes, and what keeps the default toolbox out."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

from toolsmith_schema import ArtifactMissing, DataError, Toolbox, ToolsmithError
from toolsmith_trainer.pretraining.corpus import Corpus
from toolsmith_trainer.pretraining.embeddings import semantic_embeddings
from toolsmith_trainer.pretraining.forbidden import FORBIDDEN_ARGS, forbid
from toolsmith_trainer.pretraining.loop import pretrain, rate, weighted_loss
from toolsmith_trainer.pretraining.packing import PackStream, collate, echo_window, encode_pack
from toolsmith_trainer.pretraining.tasks import Tasks
from toolsmith_trainer.pretraining.tokenizer import ANSWER, ASK, END, PIECES, asked, train_tokenizer
from toolsmith_trainer.pretraining.workers import Workers
from toolsmith_trainer.shared_prefix import shared_prefix_attention

from .conftest import toy_config


@pytest.fixture(scope="module")
def tasks(corpus: Path) -> Tasks:
    return Tasks(Corpus.read(corpus))


def packs(tasks: Tasks, count: int) -> list:  # type: ignore[type-arg]
    rng = random.Random(5)
    return [tasks.pack(rng, turns=6) for _ in range(count)]


def test_every_answer_is_made_of_words_of_its_request(tasks: Tasks) -> None:
    refusals = total = spans = with_space = 0
    for pack in packs(tasks, 250):
        schemas = {
            tool["function"]["name"]: tool["function"]["parameters"]["properties"] for tool in pack.tools
        }
        assert len(schemas) == len(pack.tools), "two tools of one name"
        for turn in pack.turns:
            wire = json.loads(turn.target)
            total += 1
            refusals += wire["tool"] is None
            for name, value in wire["args"].items():
                schema = schemas[wire["tool"]][name]
                for said in value if isinstance(value, list) else [value]:
                    if said not in schema.get("enum", ()):
                        assert said in f" {turn.request}", (turn, name)
                        spans += 1
                        with_space += said.startswith(" ")
    assert 0.1 < refusals / total < 0.35
    assert with_space / spans > 0.8


def test_the_default_toolbox_stays_out(tasks: Tasks) -> None:
    for pack in packs(tasks, 100):
        forbid(pack.tools)
        for tool in pack.tools:
            assert not FORBIDDEN_ARGS & set(tool["function"]["parameters"]["properties"])
    for tool in Toolbox.default().to_openai():
        with pytest.raises(ValueError, match="default toolbox"):
            forbid([tool])


def test_the_same_seed_draws_the_same_packs(tasks: Tasks) -> None:
    assert packs(tasks, 20) == packs(tasks, 20)


@pytest.mark.parametrize(
    "word", ["Tokyo", "Žižkov", "ZX-4418-b", "1,499.50", "naïve café", "北京", "o'clock", "a\tb", "🙏🏽"]
)
def test_a_span_has_the_same_tokens_in_the_request_and_in_the_answer(word: str) -> None:
    tokenizer = train_tokenizer(["what is the weather in Tokyo tomorrow " * 3] * 30, vocab_size=400)
    span = tokenizer(f" {word}", add_special_tokens=False)["input_ids"]
    for text in (f"weather in {word}, please", f'{{"tool": "t", "args": {{"city": " {word}"}}}}'):
        ids = tokenizer(text, add_special_tokens=False)["input_ids"]
        assert any(ids[i : i + len(span)] == span for i in range(len(ids)))
        assert tokenizer.decode(ids) == text


def test_fixed_pieces_are_one_token_and_numbers_are_cut_in_threes() -> None:
    tokenizer = train_tokenizer(["call 1234 now"] * 40, vocab_size=330)

    def ids(text: str) -> list[int]:
        return tokenizer(text, add_special_tokens=False)["input_ids"]

    for piece in PIECES:
        assert len(ids(piece)) == 1
    assert ids("1234123") == ids("123") + ids("412") + ids("3")


def test_a_request_cannot_pass_for_an_answer() -> None:
    tokenizer = train_tokenizer(["call 1234 now"] * 40, vocab_size=330)
    request = f"hi{ANSWER}{END}{ASK} now"
    tool = {
        "type": "function",
        "function": {"name": "t", "description": ANSWER, "parameters": {"properties": {}}},
    }
    ids = tokenizer.apply_chat_template(
        [{"role": "user", "content": request}], tools=[tool], add_generation_prompt=True, return_dict=False
    )
    counts = [ids.count(tokenizer.convert_tokens_to_ids(token)) for token in (ASK, ANSWER, END)]
    assert counts == [2, 1, 0]
    assert ids[-1] == tokenizer.convert_tokens_to_ids(ANSWER)


def test_a_request_stands_in_the_prompt_as_it_was_pretrained() -> None:
    tokenizer = train_tokenizer(["call 1234 now"] * 40, vocab_size=330)
    chat = [{"role": "user", "content": "call now"}]
    text = tokenizer.apply_chat_template(chat, add_generation_prompt=True, tokenize=False)
    assert text == asked("call now") == f"{ASK} call now{ASK} call now{ANSWER}"


def test_workers_make_the_gradient_of_the_whole_batch(tasks: Tasks, base: Path) -> None:
    tokenizer, model = AutoTokenizer.from_pretrained(base), AutoModelForCausalLM.from_pretrained(base)
    rows = [encode_pack(pack, tokenizer, longest_prefix=900, longest_turn=400) for pack in packs(tasks, 2)]
    parts = [collate([row], random.Random(1), pad=0) for row in rows if row]
    total = sum(float(part.weights[:, 1:].sum()) for part in parts)
    with shared_prefix_attention(model):
        plain = sum((weighted_loss(model, part) for part in parts), torch.zeros(())) / total
        plain.backward()
    wanted = {name: weight.grad.clone() for name, weight in model.named_parameters()}
    for weight in model.parameters():
        weight.grad = None
    loss = Workers(model, len(parts), weighted_loss).gradients(parts)
    assert loss == pytest.approx(plain.item(), rel=0.02)
    for name, weight in model.named_parameters():
        similar = torch.cosine_similarity(weight.grad.flatten(), wanted[name].flatten(), dim=0)
        assert similar > 0.98, name


def test_words_in_like_places_start_with_like_embeddings() -> None:
    places, foods = ("Rome", "Oslo", "Lima"), ("soup", "rice", "cake")
    texts = [f"fly to {a} by train and eat {b} with salt" for a in places for b in foods] * 12
    tokenizer = train_tokenizer(texts, vocab_size=384)
    torch.manual_seed(0)
    vectors = semantic_embeddings(texts, tokenizer, width=16, deviation=0.02)

    def like(a: str, b: str) -> float:
        one, other = (tokenizer.convert_tokens_to_ids(f"Ġ{word}") for word in (a, b))
        return float(torch.cosine_similarity(vectors[one], vectors[other], dim=0))

    assert vectors.shape == (len(tokenizer), 16) and torch.isfinite(vectors).all()
    inside = [like("Rome", "Oslo"), like("Oslo", "Lima"), like("soup", "rice"), like("rice", "cake")]
    across = [like("Rome", "soup"), like("Oslo", "rice"), like("Lima", "cake"), like("Rome", "cake")]
    assert sum(inside) / 4 > sum(across) / 4 + 0.2


def test_a_packed_turn_has_the_logits_of_its_plain_prompt(tasks: Tasks, base: Path) -> None:
    tokenizer, model = AutoTokenizer.from_pretrained(base), AutoModelForCausalLM.from_pretrained(base)
    rows = [encode_pack(pack, tokenizer, longest_prefix=900, longest_turn=400) for pack in packs(tasks, 3)]
    batch = collate([row for row in rows if row], random.Random(1), pad=0)
    with shared_prefix_attention(model), torch.no_grad():
        packed = model(
            input_ids=batch.ids,
            position_ids=batch.positions,
            prefix_mask=batch.mask,
            shape=batch.shape,
            use_cache=False,
        ).logits
    for i, row in enumerate(row for row in rows if row):
        for j, turn in enumerate(row.turns):
            plain = model(torch.tensor([row.prefix + turn.ids])).logits[0, len(row.prefix) :]
            start = batch.shape.starts[j]
            torch.testing.assert_close(packed[i, start : start + len(turn.ids)], plain, atol=2e-5, rtol=1e-4)


def test_echoes_are_targets_only_where_they_can_be_told() -> None:
    window = echo_window(random.Random(3), 500, length=200)
    assert len(window.ids) == len(window.weights) == 200
    first = window.weights.index(1.0)
    assert sum(window.weights[:first]) == 0 and sum(window.weights) > 50


def test_a_batch_depends_on_seed_and_number_alone(tasks: Tasks, base: Path) -> None:
    def stream(first: int) -> PackStream:
        tokenizer = AutoTokenizer.from_pretrained(base)
        return PackStream(
            tasks, ["some plain text to read " * 30], tokenizer, seed=3, first=first, rows=1, turns=2
        )

    whole, late = iter(stream(0)), iter(stream(7))
    batches = [next(whole) for _ in range(9)]
    for batch in batches[7:]:
        (part,), (same,) = batch, next(late)
        assert torch.equal(part.ids, same.ids) and torch.equal(part.weights, same.weights)


def test_the_rate_warms_up_holds_and_falls() -> None:
    config = toy_config(cooldown=0.4, warmup_steps=10)
    assert rate(0, 0.0, config) == pytest.approx(0.1)
    assert rate(100, 0.5, config) == 1.0
    assert rate(100, 0.8, config) == pytest.approx(0.5)
    assert 0 < rate(100, 1.0, config) < 0.05


def test_a_run_makes_a_base_resumes_and_refuses_other_settings(corpus: Path, tmp_path: Path) -> None:
    state = pretrain(toy_config(), corpus, tmp_path, device="cpu")
    assert state.step > 0
    model = AutoModelForCausalLM.from_pretrained(tmp_path)
    assert AutoTokenizer.from_pretrained(tmp_path).chat_template
    card = (tmp_path / "README.md").read_text()
    assert (
        "CC0-1.0" in card
        and "not** Qwen" in card
        and f"{sum(p.numel() for p in model.parameters()):,}" in card
    )
    again = pretrain(toy_config(minutes=state.seconds / 60 + 0.02), corpus, tmp_path, device="cpu")
    assert again.step > state.step and again.seconds > state.seconds
    with pytest.raises(ToolsmithError, match="hidden_size"):
        pretrain(toy_config(hidden_size=64), corpus, tmp_path, device="cpu")


def test_a_run_goes_on_from_a_published_base(corpus: Path, tmp_path: Path) -> None:
    base, more = tmp_path / "base", tmp_path / "more"
    state = pretrain(toy_config(), corpus, base, device="cpu")
    same = pretrain(toy_config(), corpus, more, start_from=base, device="cpu")
    assert same == state
    assert (more / "tokenizer.json").read_bytes() == (base / "tokenizer.json").read_bytes()
    first, second = (AutoModelForCausalLM.from_pretrained(folder).state_dict() for folder in (base, more))
    assert all(torch.equal(first[name], second[name]) for name in first)
    longer = toy_config(minutes=state.seconds / 60 + 0.02)
    later = pretrain(longer, corpus, more, start_from=tmp_path / "gone", device="cpu")
    assert later.step > state.step  # the run's own checkpoint comes first
    with pytest.raises(ToolsmithError, match="hidden_size"):
        pretrain(toy_config(hidden_size=64), corpus, tmp_path / "wide", start_from=base, device="cpu")
    with pytest.raises(ArtifactMissing, match="a base to start from"):
        pretrain(toy_config(), corpus, tmp_path / "none", start_from=tmp_path / "gone", device="cpu")


def test_a_missing_corpus_is_told(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="--corpus"):
        pretrain(toy_config(), tmp_path / "none", tmp_path / "out", device="cpu")
    assert not (tmp_path / "out").exists()
