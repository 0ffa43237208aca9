"""The light runtime: the numbers of torch, its answers, and no torch in sight."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from toolsmith_router import load_router
from toolsmith_router.constraint import Forced, Grammars
from toolsmith_router.engine import Engine
from toolsmith_router.exporting import export
from toolsmith_router.light.drafts import Frames
from toolsmith_router.light.model import Prefix, Reading
from toolsmith_router.light.router import MODEL, LightRouter
from toolsmith_router.light.tokens import Tokens
from toolsmith_router.loading import load_alone
from toolsmith_router.places import Places
from toolsmith_schema import ArtifactMissing, Router, Toolbox, ToolCall, ToolsmithError, read_examples
from toolsmith_schema.main import main
from toolsmith_schema.prompt import target

from .test_router import REQUESTS

BOX = Toolbox.default()
ROOT = Path(__file__).parents[3]
BASE, ADAPTER = ROOT / "artifacts" / "base", ROOT / "artifacts" / "adapter"
BLOCKED = """
import sys
class Blocker:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in ("torch", "transformers", "peft"):
            raise ImportError(f"{name} is blocked")
sys.meta_path.insert(0, Blocker())
from toolsmith_schema.main import main
sys.exit(main(sys.argv[1:]))
"""


@pytest.fixture(scope="module")
def exported(base: Path, adapter: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The toy model, merged and written."""
    folder = tmp_path_factory.mktemp("light") / "model"
    export(str(base), str(adapter), folder)
    return folder


def test_it_computes_what_torch_computes(exported: Path) -> None:
    light = LightRouter(exported)
    loaded = load_alone(str(exported), None)
    prompt = Engine(loaded, tuned=False).prompt_ids(REQUESTS[1], BOX)
    assert prompt == light._tokens.prompt(REQUESTS[1], BOX)
    with torch.inference_mode():
        wanted = loaded.model(torch.tensor([prompt])).logits[0, -1].numpy()
    model = light._model
    nothing = Prefix(length=0, keys=[], values=[])
    half = len(prompt) // 2
    for cuts in ((), (half,), (half, half + 1, half + 3), (len(prompt) - 1,)):
        parts = [prompt[i:j] for i, j in zip((0, *cuts), (*cuts, len(prompt)), strict=True)]
        state = model.state(nothing, room=8)
        for part in parts:
            (hidden,) = model.forward([Reading(ids=part, state=state)])
        np.testing.assert_allclose(model.embeddings @ hidden[0], wanted, atol=2e-3)
        cached = model.state(model.prefix(prompt[:half]), room=8)
        (hidden,) = model.forward([Reading(ids=prompt[half:], state=cached, last=3)])
        np.testing.assert_allclose(model.embeddings @ hidden[-1], wanted, atol=2e-3)
        cached.forget(1)
        (hidden,) = model.forward([Reading(ids=prompt[-1:], state=cached)])
        np.testing.assert_allclose(model.embeddings @ hidden[0], wanted, atol=2e-3)


def test_it_answers_as_torch_does_in_any_order(exported: Path) -> None:
    light = LightRouter(exported)
    assert isinstance(light, Router) and light.trained_on == BOX.fingerprint
    heavy = load_router(exported, None, model="base", decoding="span")
    answers = [routed.raw for routed in light.route(REQUESTS, BOX)]
    assert answers == [routed.raw for routed in heavy.route(REQUESTS, BOX)]
    assert answers == [routed.raw for routed in light.route(REQUESTS[::-1], BOX)][::-1]
    assert all(0 <= (routed.confidence or 0) <= 1 for routed in light.route(REQUESTS, BOX))


def test_it_routes_where_torch_is_not(exported: Path) -> None:
    command = [sys.executable, "-c", BLOCKED, "route", "weather in Oslo?", "--json"]
    done = subprocess.run(
        [*command, "--exported", str(exported)], capture_output=True, text=True, check=False, cwd=exported
    )
    row = json.loads(done.stdout)
    assert row["tier"] == "tuned-span-light" and row["outcome"] in ("call", "no_tool", "need_argument"), row


def test_export_keeps_the_old_model_until_the_new_one_is_whole(
    exported: Path, base: Path, adapter: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "model"
    shutil.copytree(exported, folder)
    missing = ["export", "--base", str(base), "--adapter", str(tmp_path / "none"), "--output", str(folder)]
    assert main(missing) == 1 and "toolsmith train" in capsys.readouterr().err
    assert (folder / "model.safetensors").exists()
    assert main(["export", "--base", str(base), "--adapter", str(adapter), "--output", str(folder)]) == 0
    assert "parameters" in capsys.readouterr().out and not list(tmp_path.glob(".*"))


def test_a_folder_without_a_fitting_model_is_told(exported: Path, tmp_path: Path) -> None:
    with pytest.raises(ArtifactMissing, match="toolsmith export"):
        LightRouter(tmp_path)
    shutil.copytree(exported, tmp_path / "other")
    settings = json.loads((tmp_path / "other" / "config.json").read_text())
    (tmp_path / "other" / "config.json").write_text(json.dumps({**settings, "model_type": "llama"}))
    with pytest.raises(ToolsmithError, match="--runtime torch"):
        LightRouter(tmp_path / "other")


@pytest.mark.skipif(not (MODEL / "config.json").exists(), reason="no model travels with this checkout")
def test_forced_tokens_are_those_of_training() -> None:
    size = json.loads((MODEL / "config.json").read_text())["vocab_size"]
    tokens = Tokens(MODEL, size)
    texts = tokens.bytes_of
    grammars = Grammars(tokens.for_grammars, size)
    forced = Forced(grammars, texts)
    saved = 0
    for example in read_examples(ROOT / "data" / "dev.jsonl")[::9]:
        matcher = grammars.matcher(BOX, example.request)
        ids = tokens.encode(target(example.decision, BOX, request=example.request))
        for i, wanted in enumerate([*ids, tokens.end]):
            allowed = np.flatnonzero(grammars.allowed([matcher])[0]).tolist()
            assert wanted in allowed, (example, i)
            chosen = forced.token(matcher, allowed, texts[ids[i - 1]] if i else b"")
            assert chosen in (None, wanted), (example.request, texts[wanted])
            saved += chosen is not None
            if wanted != tokens.end:
                matcher.consume(wanted)
    assert saved > 300


@pytest.mark.skipif(not (MODEL / "config.json").exists(), reason="no model travels with this checkout")
def test_reading_ahead_saves_steps_and_changes_no_answer() -> None:
    requests = [example.request for example in read_examples(ROOT / "data" / "dev.jsonl")[::24]]
    ahead, one_by_one = (LightRouter(ahead=most).route(requests, BOX) for most in (3, 0))
    assert [routed.raw for routed in ahead] == [routed.raw for routed in one_by_one]
    steps = [sum(routed.details["steps"] for routed in answers) for answers in (ahead, one_by_one)]
    assert steps[0] < 0.7 * steps[1]


@pytest.mark.skipif(not (MODEL / "config.json").exists(), reason="no model travels with this checkout")
@pytest.mark.parametrize(
    ("args", "foreseen"),
    [
        ({"city": "Oslo"}, [True, True]),
        ({"city": "Oslo", "date": "May 5"}, [True, False, True]),
        ({"date": "May 5"}, [False, True]),
        ({"city": "Oslo", "units": "celsius"}, [True, False]),
    ],
)
def test_the_frame_of_a_call_is_the_required_arguments_in_order(
    args: dict[str, str], foreseen: list[bool]
) -> None:
    tokens = Tokens(MODEL, json.loads((MODEL / "config.json").read_text())["vocab_size"])
    frames, places = Frames(BOX, tokens), Places(BOX, "Oslo May 5")
    text = target(ToolCall(tool="get_weather", args=args), BOX, request="Oslo May 5")
    parts: list[list[int]] = [[]]  # what stands before, between and after the spans
    guesses: list[list[list[int]]] = [[]]  # after each token of these, what is expected
    for token in [*tokens.encode(text), tokens.end]:
        within = places.in_span
        places.read(tokens.bytes_of[token] if token != tokens.end else b"")
        if within and places.in_span:
            continue
        if within:
            parts.append([])
            guesses.append([])
        parts[-1].append(token)
        guesses[-1].append(frames.rest(places, parts[-1]))
    right = [
        any(guess and guess == part[at:] for at, guess in enumerate(found, 1))
        for part, found in zip(parts, guesses, strict=True)
    ]
    assert right == foreseen


@pytest.mark.skipif(not (MODEL / "config.json").exists(), reason="no model travels with this checkout")
def test_requests_side_by_side_are_answered_as_one_by_one() -> None:
    requests = [example.request for example in read_examples(ROOT / "data" / "dev.jsonl")[::37]]
    requests[3:3] = ["", "word " * 5000, "remind me to water the plants tomorrow at 9"]
    alone, eight = (LightRouter(batch_size=size).route(requests, BOX) for size in (1, 8))
    assert [routed.raw for routed in eight] == [routed.raw for routed in alone]
    assert [routed.decision for routed in eight] == [routed.decision for routed in alone]
    for one, other in zip(alone, eight, strict=True):
        assert (one.confidence or 0) == pytest.approx(other.confidence or 0, abs=1e-3)


@pytest.mark.skipif(not (MODEL / "config.json").exists(), reason="no model travels with this checkout")
def test_the_model_of_the_package_answers_as_base_and_adapter_do() -> None:
    requests = [example.request for example in read_examples(ROOT / "data" / "dev.jsonl")[::16]]
    light = LightRouter().route(requests, BOX)
    heavy = load_router(BASE, ADAPTER).route(requests, BOX)
    other = [
        (one.raw, two.raw) for one, two in zip(light, heavy, strict=True) if one.decision != two.decision
    ]
    assert len(other) <= 0.005 * len(requests), other
