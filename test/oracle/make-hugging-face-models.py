"""
Writes tiny, randomly initialised models and what `transformers` computes with them into test/fixtures/hugging-face/.

    python test/oracle/make-hugging-face-models.py FOLDER [CASE ...]

Each case is a folder as `save_pretrained` writes it, with `expected.json` (inputs, token ids, versions) and `expected.safetensors`
(pixels, logits, losses, gradients) beside it. Run once per version of `transformers`; the README says with which.
"""
import json
import shutil
import sys
from pathlib import Path

import torch
import transformers
from safetensors.torch import save_file
from transformers import (
    CLIPVisionConfig,
    CLIPVisionModel,
    LlamaConfig,
    LlamaForCausalLM,
    LlavaConfig,
    LlavaForConditionalGeneration,
    Qwen2Config,
    Qwen2ForCausalLM,
    SiglipVisionConfig,
    SiglipVisionModel,
)

MAJOR = transformers.__version__.split(".")[0]
IMAGE_TOKEN, PADDING, END = 39, 38, 1
IGNORED = -100

SIGLIP = dict(hidden_size=12, intermediate_size=20, num_hidden_layers=2, num_attention_heads=2, image_size=10, patch_size=4,
              attn_implementation="eager")
CLIP = dict(hidden_size=12, intermediate_size=20, num_hidden_layers=2, num_attention_heads=2, image_size=8, patch_size=4,
            attn_implementation="eager")
TEXT = dict(vocab_size=40, hidden_size=16, intermediate_size=24, num_hidden_layers=2, num_attention_heads=4,
            num_key_value_heads=2, max_position_embeddings=64, bos_token_id=None, eos_token_id=END, pad_token_id=PADDING,
            attn_implementation="eager")
LLAMA3 = dict(rope_type="llama3", factor=4.0, low_freq_factor=1.0, high_freq_factor=4.0, original_max_position_embeddings=16)
rotary = (lambda theta, **scaling: dict(rope_parameters=dict(rope_theta=theta, **{"rope_type": "default", **scaling}))) if MAJOR == "5" \
    else (lambda theta, **scaling: dict(rope_theta=theta, **({"rope_scaling": scaling} if scaling else {})))


def qwen2(**more):
    return Qwen2Config(**{**TEXT, **rotary(1000.0), "tie_word_embeddings": True, **more})


def llama(**more):
    return LlamaConfig(**{**TEXT, **rotary(10000.0), "tie_word_embeddings": False, **more})


def llava(vision, text, **more):
    return LlavaForConditionalGeneration(LlavaConfig(
        vision_config=vision, text_config=text, image_token_index=IMAGE_TOKEN, tie_word_embeddings=text.tie_word_embeddings,
        pad_token_id=PADDING, **more))


CASES = {
    "siglip": lambda: SiglipVisionModel(SiglipVisionConfig(**SIGLIP)),
    "clip": lambda: CLIPVisionModel(CLIPVisionConfig(**CLIP)),
    "qwen2-tied-bfloat16": lambda: Qwen2ForCausalLM(qwen2()),
    "llama-tied-float16": lambda: LlamaForCausalLM(llama(tie_word_embeddings=True)),
    "llama-scaled-biased": lambda: LlamaForCausalLM(llama(attention_bias=True, **rotary(10000.0, **LLAMA3))),
    "llava-siglip-qwen2": lambda: llava(
        SiglipVisionConfig(**SIGLIP), qwen2(), vision_feature_layer=-1, vision_feature_select_strategy="full", image_seq_length=4,
        projector_hidden_act="gelu"),
    "llava-clip-llama": lambda: llava(
        CLIPVisionConfig(**CLIP), llama(), vision_feature_layer=-2, vision_feature_select_strategy="default", image_seq_length=4,
        projector_hidden_act="gelu"),
}
VISUAL_TOKENS = 4
DTYPES = {"bfloat16": torch.bfloat16, "float16": torch.float16}


def randomize(model, name):
    """Every weight matters: large, none of them zero or one."""
    generator = torch.Generator().manual_seed(sum(map(ord, name)))
    with torch.no_grad():
        for key, parameter in model.named_parameters():
            noise = torch.randn(parameter.shape, generator=generator)
            is_norm = "norm" in key and key.endswith("weight")
            parameter.copy_(1 + 0.2 * noise if is_norm else 0.3 * noise)


def padded(samples, side):
    length = max(map(len, samples))
    rows, mask = [], []
    for sample in samples:
        gap = [PADDING] * (length - len(sample))
        rows.append(gap + sample if side == "left" else sample + gap)
        hole = [0] * len(gap)
        mask.append(hole + [1] * len(sample) if side == "left" else [1] * len(sample) + hole)
    return torch.tensor(rows), torch.tensor(mask)


def text_inputs(has_images):
    """Two samples of different length; with images the first has two, the second one."""
    generator = torch.Generator().manual_seed(5)
    words = lambda count: torch.randint(2, 38, (count,), generator=generator).tolist()
    image = [IMAGE_TOKEN] * VISUAL_TOKENS if has_images else []
    samples = [words(2) + image + words(3) + image + words(6), words(1) + image + words(4)]
    answers = [4, 2]  # the last tokens of each are learned
    labels = [[IGNORED] * (len(s) - n) + s[-n:] for s, n in zip(samples, answers)]
    return samples, labels


def language_expectations(model, size):
    has_images = isinstance(model, LlavaForConditionalGeneration)
    samples, labels = text_inputs(has_images)
    tensors, facts = {}, {"samples": samples, "labels": labels, "visualTokens": VISUAL_TOKENS if has_images else 0}
    images = {}
    if has_images:
        pixels = torch.randn(3, 3, size, size, generator=torch.Generator().manual_seed(9))
        images = {"pixel_values": pixels}
        tensors["pixels"] = pixels.permute(0, 2, 3, 1).contiguous()
    for side in ("left", "right"):
        ids, mask = padded(samples, side)
        positions = (mask.cumsum(-1) - 1).clamp(min=0)
        logits = model(input_ids=ids, attention_mask=mask, position_ids=positions, **images).logits.detach()
        tensors[f"logits.{side}"] = torch.cat([row[keep.bool()] for row, keep in zip(logits, mask)])
    ids, mask = padded(samples, "right")
    model.zero_grad()
    targets = torch.full_like(ids, IGNORED)
    for row, label in enumerate(labels):
        targets[row, : len(label)] = torch.tensor(label)
    logits = model(input_ids=ids, attention_mask=mask, **images).logits
    # The mean over all targets, written out: some versions average otherwise.
    loss = torch.nn.functional.cross_entropy(logits[:, :-1].reshape(-1, logits.shape[-1]), targets[:, 1:].reshape(-1))
    loss.backward()
    facts["loss"] = loss.item()
    # Both versions compute the same: gradients are kept once.
    for key, parameter in model.named_parameters():
        if parameter.grad is not None and MAJOR == "5":
            tensors[f"gradient.{canonical(key)}"] = parameter.grad.clone().contiguous()
    ids, mask = padded(samples, "left")
    for cached in (True, False):
        texts = model.generate(input_ids=ids, attention_mask=mask, **images, max_new_tokens=8, do_sample=False, use_cache=cached)
        texts = [text[ids.shape[1]:].tolist() for text in texts]
        texts = [text[: text.index(END)] if END in text else text for text in texts]
        assert facts.setdefault("generated", texts) == texts, "cached and uncached texts differ"
    return tensors, facts


def canonical(key):
    """Names of gradients as version 4 writes those of weights."""
    key = key.removeprefix("model.") if key.startswith(("model.vision_tower", "model.multi_modal", "model.language_model")) else key
    if key.startswith("vision_tower.") and not key.startswith("vision_tower.vision_model."):
        key = key.replace("vision_tower.", "vision_tower.vision_model.", 1)
    if key.startswith("language_model.") and not key.startswith(("language_model.model.", "language_model.lm_head.")):
        key = key.replace("language_model.", "language_model.model.", 1)
    return f"language_model.{key}" if key.startswith(("model.", "lm_head.")) else key


def vision_expectations(model, size):
    pixels = torch.randn(2, 3, size, size, generator=torch.Generator().manual_seed(9))
    output = model(pixel_values=pixels, output_hidden_states=True)
    return {
        "pixels": pixels.permute(0, 2, 3, 1),
        "features": output.last_hidden_state,
        "states.last": output.hidden_states[-1],
        "states.before": output.hidden_states[-2],
    }, {}


def write(folder, name):
    torch.manual_seed(0)
    model = CASES[name]().eval()
    randomize(model, name)
    dtype = DTYPES.get(name.rsplit("-", 1)[-1])
    if dtype is not None:
        model = model.to(dtype)
    target = folder / f"{name}-transformers-{MAJOR}"
    shutil.rmtree(target, ignore_errors=True)
    sharded = {"max_shard_size": "6KB"} if name == "llava-clip-llama" or "bfloat16" in name else {}
    model.save_pretrained(target, **sharded)
    # Read again: a conversion would round tables as well, which are computed.
    model = type(model).from_pretrained(target, dtype=torch.float32, attn_implementation="eager").eval()
    vision = getattr(model.config, "vision_config", model.config)
    is_language = hasattr(model, "generate") and model.can_generate()
    tensors, facts = (language_expectations if is_language else vision_expectations)(model, getattr(vision, "image_size", 0))
    versions = {"transformers": transformers.__version__, "torch": torch.__version__.split("+")[0]}
    (target / "generation_config.json").unlink(missing_ok=True)
    (target / "expected.json").write_text(json.dumps({"versions": versions, **facts}) + "\n")
    save_file({key: tensor.detach().float().clone().contiguous() for key, tensor in tensors.items()}, target / "expected.safetensors")


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    for case in sys.argv[2:] or CASES:
        write(folder, case)
        print(case)
