"""An exported model as one GGUF file, for llama.cpp and what is built on it.

    toolsmith export --gguf artifacts/router.gguf

The format is that of https://github.com/ggml-org/ggml/blob/master/docs/gguf.md, written with the `gguf`
package; neither torch nor transformers is needed. llama.cpp knows how to cut text into words for a list
of tokenizers only. Qwen2's is among them. The embedded base's is not, so a server has to be sent its
prompts as token numbers.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import gguf
import numpy as np
from safetensors.numpy import load_file

from toolsmith_router.exported import chat_template, rope_theta, shards, tied_qwen2
from toolsmith_schema.errors import ToolsmithError

_QWEN2 = r"\p{N}|"
"""What of the pattern tells Qwen2's pre-tokenizer from others: digits one by one."""


def write_gguf(folder: Path, output: Path) -> bool:
    """Write the exported model in `folder` to the file `output`.

    Matrices are in half precision, the rest is in float32. The file is made beside its place and moved in.

    Returns:
        Whether llama.cpp cuts text as the model's tokenizer does; else prompts must be sent as token numbers.

    Raises:
        ArtifactMissing: there is no exported model in `folder`.
        ToolsmithError: it is no Qwen2 model with tied embeddings.
    """
    files = shards(folder)
    config = tied_qwen2(folder, f"only Qwen2 models with tied embeddings become GGUF, and {folder} is none")
    output.parent.mkdir(parents=True, exist_ok=True)
    fresh = output.with_name(f".{output.name}.new")
    writer = gguf.GGUFWriter(fresh, gguf.MODEL_ARCH_NAMES[gguf.MODEL_ARCH.QWEN2])
    _add_shape(writer, config)
    exact = _add_tokenizer(writer, folder, config["vocab_size"])
    layers = config["num_hidden_layers"]
    names = gguf.get_tensor_name_map(gguf.MODEL_ARCH.QWEN2, layers)
    for shard in files:
        for name, weight in load_file(shard).items():
            known = names.get_name(name, try_suffixes=(".weight", ".bias"))
            if known is None:
                raise ToolsmithError(f"GGUF has no place for {name!r} in a Qwen2 model")
            writer.add_tensor(known, weight.astype(np.float32 if weight.ndim == 1 else np.float16))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    fresh.replace(output)
    return exact


def _add_shape(writer: gguf.GGUFWriter, config: dict[str, Any]) -> None:
    writer.add_name("toolsmith router")
    writer.add_context_length(config["max_position_embeddings"])
    writer.add_embedding_length(config["hidden_size"])
    writer.add_block_count(config["num_hidden_layers"])
    writer.add_feed_forward_length(config["intermediate_size"])
    writer.add_head_count(config["num_attention_heads"])
    writer.add_head_count_kv(config["num_key_value_heads"])
    writer.add_layer_norm_rms_eps(config["rms_norm_eps"])
    writer.add_rope_freq_base(rope_theta(config))
    writer.add_file_type(gguf.LlamaFileType.MOSTLY_F16)


def _add_tokenizer(writer: gguf.GGUFWriter, folder: Path, size: int) -> bool:
    """Vocabulary, merges, control tokens, chat template; whether the way of cutting text is a known one."""
    tokenizer = json.loads((folder / "tokenizer.json").read_text("utf-8"))
    settings = json.loads((folder / "tokenizer_config.json").read_text("utf-8"))
    tokens = [f"[UNUSED{i}]" for i in range(size)]
    kinds = [gguf.TokenType.UNUSED] * size
    for token, number in tokenizer["model"]["vocab"].items():
        tokens[number], kinds[number] = token, gguf.TokenType.NORMAL
    numbers = {}
    for added in tokenizer["added_tokens"]:
        number = numbers[added["content"]] = added["id"]
        tokens[number] = added["content"]
        kinds[number] = gguf.TokenType.CONTROL if added["special"] else gguf.TokenType.USER_DEFINED
    merges = [merge if isinstance(merge, str) else " ".join(merge) for merge in tokenizer["model"]["merges"]]
    exact = _QWEN2 in json.dumps(tokenizer["pre_tokenizer"]).replace("\\\\", "\\")
    writer.add_tokenizer_model("gpt2")  # byte-level BPE
    writer.add_tokenizer_pre("qwen2" if exact else "default")
    writer.add_token_list(tokens)
    writer.add_token_types(kinds)
    writer.add_token_merges(merges)
    writer.add_eos_token_id(numbers[settings["eos_token"]])
    if settings.get("pad_token") in numbers:
        writer.add_pad_token_id(numbers[settings["pad_token"]])
    writer.add_add_bos_token(False)
    writer.add_chat_template(chat_template(folder, settings))
    return exact
