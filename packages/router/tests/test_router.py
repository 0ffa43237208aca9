"""The model router: one answer a request, whatever else is in the batch, and nothing but spans of the request."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from toolsmith_router import load_model, load_router
from toolsmith_router.engine import Engine
from toolsmith_schema import ArtifactMissing, GrammarError, Router, Toolbox, ToolsmithError, parse
from toolsmith_schema.check import check

REQUESTS = [
    "What's the weather in Tokyo tomorrow?",
    'mail "bob@x.io" that the deal\\offer is on — $50 🙏🏽',
    "hi",
    "convert 1,499.50 yen to euros please, and remind me at 3pm about 北京 and naïve cafés",
    "   ",
    "a" * 40,
]
BOX = Toolbox.default()


def strings(value: object) -> list[str]:
    if isinstance(value, str):
        return [value]
    if isinstance(value, dict):
        return [s for v in value.values() for s in strings(v)]
    return [s for v in value for s in strings(v)] if isinstance(value, list) else []


def test_it_is_a_router(base: Path) -> None:
    assert isinstance(load_router(base, None, model="base"), Router)


def test_span_answers_are_decisions_made_of_the_requests_own_words(base: Path, adapter: Path) -> None:
    enums = {v for tool in BOX for p in tool.properties.values() for v in p.get("enum", ())}
    for model in ("base", "tuned"):
        router = load_router(base, adapter, model=model, decoding="span")
        for request, routed in zip(REQUESTS, router.route(REQUESTS, BOX), strict=True):
            assert routed.decision is not None, routed.raw
            wire = routed.decision.to_json()
            for value in strings(wire["args"]):
                assert value.strip() and (value in request or value in enums)
            if wire["tool"]:
                kinds = {v.expected for v in check(parse(routed.raw), BOX)}
                assert not any("no such" in kind for kind in kinds)


def test_a_request_is_answered_alike_alone_and_in_any_company(base: Path, adapter: Path) -> None:
    router = load_router(base, adapter, decoding="span", batch_size=3)
    together = [r.raw for r in router.route(REQUESTS, BOX)]
    backwards = [r.raw for r in router.route(REQUESTS[::-1], BOX)][::-1]
    alone = [router.route([request], BOX)[0].raw for request in REQUESTS]
    assert together == alone == backwards


def test_base_and_tuned_share_one_model_and_interleave_without_mixing(base: Path, adapter: Path) -> None:
    tuned = load_router(base, adapter, model="tuned", decoding="free")
    plain = load_router(base, adapter, model="base", decoding="free")
    first = [tuned.route(REQUESTS[:2], BOX), plain.route(REQUESTS[:2], BOX)]
    again = [tuned.route(REQUESTS[:2], BOX), plain.route(REQUESTS[:2], BOX)]
    assert [[r.raw for r in rows] for rows in first] == [[r.raw for r in rows] for rows in again]
    assert [r.raw for r in first[0]] != [r.raw for r in first[1]]
    bare = load_router(base, None, model="base", decoding="free")
    assert [r.raw for r in bare.route(REQUESTS[:2], BOX)] == [r.raw for r in first[1]]


def test_the_cached_toolbox_changes_no_answer(base: Path) -> None:
    loaded = load_model(base)
    engine = Engine(loaded, tuned=False)
    for request in REQUESTS[:4]:
        answer = engine.decode([request], BOX, spans=False)[0]
        ids = torch.tensor([engine.prompt_ids(request, BOX)])
        made = loaded.model.generate(
            ids, attention_mask=torch.ones_like(ids), max_new_tokens=24, do_sample=False, pad_token_id=0
        )[0, ids.shape[1] :].tolist()
        text = loaded.tokenizer.decode(made, skip_special_tokens=True)
        assert answer.text.startswith(text) or text.startswith(answer.text)


def test_garbage_is_an_error_and_not_a_refusal(base: Path) -> None:
    routed = load_router(base, None, model="base", decoding="free").route(["hi"], BOX)[0]
    assert routed.decision is None
    assert routed.error is not None and routed.error.raw == routed.raw


def test_no_requests_no_answers(base: Path) -> None:
    assert load_router(base, None, model="base").route([], BOX) == []


def test_a_request_longer_than_the_model_is_told_so(base: Path) -> None:
    routed = load_router(base, None, model="base").route(["hi", "word " * 2000], BOX)
    assert routed[1].error is not None and "at most" in routed[1].error.reason
    assert routed[0].decision is not None


def test_a_lone_surrogate_does_no_harm(base: Path) -> None:
    assert load_router(base, None, model="base").route(["weather \ud83d now"], BOX)[0].decision is not None


def test_a_toolbox_beyond_the_grammar_is_refused_by_name(base: Path) -> None:
    box = Toolbox.from_json(
        [
            {
                "name": "t",
                "inputSchema": {"type": "object", "properties": {"x": {"anyOf": [{"type": "string"}]}}},
            }
        ]
    )
    with pytest.raises(GrammarError, match="anyOf"):
        load_router(base, None, model="base").route(["hi"], box)


def test_missing_artifacts_name_the_command_that_makes_them(base: Path, tmp_path: Path) -> None:
    with pytest.raises(ArtifactMissing, match="toolsmith pretrain"):
        load_router(tmp_path / "nothing", None, model="base")
    with pytest.raises(ArtifactMissing, match="toolsmith train"):
        load_router(base, tmp_path / "nothing")
    with pytest.raises(ToolsmithError, match="adapter"):
        load_router(base, None, model="tuned")
