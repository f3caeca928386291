"""The model of this package in torch.nn, trained as PyTorch's own users would: what the engine torch is measured against.

Run as `python pytorch_peer.py CONFIG.json`. Each line of standard input is a number of steps to make; each line of output is JSON with
the milliseconds of every step (processor time on a CPU, wall time on a GPU), the last loss and the peak memory in bytes. Batch and
weights follow the rules of `torch-step.ts`, so equal losses show that both sides compute the same model.
"""

import contextlib
import json
import math
import resource
import sys
import time

import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.checkpoint import checkpoint

PERIOD = 65537


def rule(shape, scale, device):
    """Value i of a weight is sin(12.9898 (i mod PERIOD)) times its scale."""
    size = math.prod(shape)
    table = torch.sin(torch.arange(min(size, PERIOD), dtype=torch.float64) * 12.9898).float() * scale
    return table.repeat(-(-size // len(table)))[:size].reshape(shape).to(device)


class VisionBlock(nn.Module):
    def __init__(self, c):
        super().__init__()
        width, eps = c["hiddenSize"], c["layerNormEpsilon"]
        self.heads = c["attentionHeads"]
        self.layer_norm1 = nn.LayerNorm(width, eps)
        self.q_proj, self.k_proj, self.v_proj, self.out_proj = (nn.Linear(width, width) for _ in range(4))
        self.layer_norm2 = nn.LayerNorm(width, eps)
        self.fc1 = nn.Linear(width, c["intermediateSize"])
        self.fc2 = nn.Linear(c["intermediateSize"], width)

    def forward(self, x):
        n, v, width = x.shape
        h = self.layer_norm1(x)
        q, k, w = (p(h).view(n, v, self.heads, -1).transpose(1, 2) for p in (self.q_proj, self.k_proj, self.v_proj))
        mixed = F.scaled_dot_product_attention(q, k, w).transpose(1, 2).reshape(n, v, width)
        x = x + self.out_proj(mixed)
        return x + self.fc2(F.gelu(self.fc1(self.layer_norm2(x)), approximate="tanh"))


def rotate(x, cosine, sine):
    first, second = x.chunk(2, -1)
    return x * cosine + torch.cat((-second, first), -1) * sine


class RMSNorm(nn.RMSNorm):
    def forward(self, x):
        # A weight of the input's type, without which the fused kernel cannot be taken under autocast.
        return F.rms_norm(x, self.normalized_shape, self.weight.to(x.dtype), self.eps)


class LanguageBlock(nn.Module):
    def __init__(self, c):
        super().__init__()
        width, heads, groups, eps = c["hiddenSize"], c["attentionHeads"], c["keyValueHeads"], c["rmsNormEpsilon"]
        self.heads, self.groups = heads, groups
        self.input_layernorm = RMSNorm(width, eps)
        self.q_proj = nn.Linear(width, width)
        self.k_proj, self.v_proj = (nn.Linear(width, width // heads * groups) for _ in range(2))
        self.o_proj = nn.Linear(width, width, bias=False)
        self.post_attention_layernorm = RMSNorm(width, eps)
        self.gate_proj, self.up_proj = (nn.Linear(width, c["intermediateSize"], bias=False) for _ in range(2))
        self.down_proj = nn.Linear(c["intermediateSize"], width, bias=False)

    def forward(self, x, cosine, sine, mask):
        b, t, width = x.shape
        h = self.input_layernorm(x)
        q = rotate(self.q_proj(h).view(b, t, self.heads, -1).transpose(1, 2), cosine, sine)
        k = rotate(self.k_proj(h).view(b, t, self.groups, -1).transpose(1, 2), cosine, sine)
        v = self.v_proj(h).view(b, t, self.groups, -1).transpose(1, 2)
        if self.heads > self.groups:
            k, v = (y.repeat_interleave(self.heads // self.groups, 1) for y in (k, v))
        mixed = F.scaled_dot_product_attention(q, k, v, attn_mask=mask.to(q.dtype))
        x = x + self.o_proj(mixed.transpose(1, 2).reshape(b, t, width))
        y = self.post_attention_layernorm(x)
        return x + self.down_proj(F.silu(self.gate_proj(y)) * self.up_proj(y))


class VisionLanguageModel(nn.Module):
    def __init__(self, config, recompute):
        super().__init__()
        vision, language = config["vision"], config["language"]
        self.config, self.recompute = config, recompute
        patch, width = vision["patchSize"], vision["hiddenSize"]
        self.patch_embedding = nn.Linear(3 * patch * patch, width)
        self.position_embedding = nn.Parameter(torch.empty((vision["imageSize"] // patch) ** 2, width))
        self.vision = nn.ModuleList(VisionBlock(vision) for _ in range(vision["layers"]))
        self.post_layernorm = nn.LayerNorm(width, vision["layerNormEpsilon"])
        self.fold = config["connector"]["pixelShuffle"]
        self.linear_1 = nn.Linear(width * self.fold**2, language["hiddenSize"])
        self.linear_2 = nn.Linear(language["hiddenSize"], language["hiddenSize"])
        self.embed_tokens = nn.Embedding(language["vocabularySize"], language["hiddenSize"])
        self.language = nn.ModuleList(LanguageBlock(language) for _ in range(language["layers"]))
        self.norm = RMSNorm(language["hiddenSize"], language["rmsNormEpsilon"])

    def run(self, block, *inputs):
        return checkpoint(block, *inputs, use_reentrant=False) if self.recompute else block(*inputs)

    def forward(self, pixels, ids, positions, mask, rows, labels):
        patch = self.config["vision"]["patchSize"]
        n, size = pixels.shape[:2]
        side = size // patch
        patches = pixels.view(n, side, patch, side, patch, 3).permute(0, 1, 3, 5, 2, 4).reshape(n, side * side, -1)
        x = self.patch_embedding(patches) + self.position_embedding
        for block in self.vision:
            x = self.run(block, x)
        x, r = self.post_layernorm(x), self.fold
        if r > 1:
            x = x.view(n, side // r, r, side // r, r, -1).permute(0, 1, 3, 2, 4, 5).reshape(n, (side // r) ** 2, -1)
        visual = self.linear_2(F.gelu(self.linear_1(x), approximate="tanh"))
        x = torch.cat((visual, self.embed_tokens(ids).to(visual.dtype)), 1)
        language = self.config["language"]
        width = language["hiddenSize"] // language["attentionHeads"]
        frequencies = language["rotaryBase"] ** (-torch.arange(0, width, 2, device=x.device).float() / width)
        angles = positions.float()[:, None, :, None] * frequencies
        cosine, sine = (torch.cat((y, y), -1).to(x.dtype) for y in (angles.cos(), angles.sin()))
        for block in self.language:
            x = self.run(block, x, cosine, sine, mask)
        hidden = self.norm(x).flatten(0, 1)[rows]
        logits = F.linear(hidden, self.embed_tokens.weight)
        return F.cross_entropy(logits.float(), labels)


def batch_of(config, device):
    """Each sequence: the visual tokens of its image, a prompt, an answer; visual tokens see each other, text is causal."""
    vision, language, shape = config["model"]["vision"], config["model"]["language"], config["batch"]
    n, size = shape["sequences"], vision["imageSize"]
    visual = (size // vision["patchSize"] // config["model"]["connector"]["pixelShuffle"]) ** 2
    text, answer = shape["promptTokens"] + shape["answerTokens"], shape["answerTokens"]
    length = visual + text
    pixels = torch.sin(torch.arange(n * size * size * 3, dtype=torch.float64) * 0.37).float().view(n, size, size, 3)
    ids = ((torch.arange(n * text) * 37 + 5) % language["vocabularySize"]).view(n, text)
    allowed = torch.ones(length, length, dtype=torch.bool).tril()
    allowed[:visual, :visual] = True
    mask = torch.zeros(n, 1, length, length).masked_fill(~allowed, -math.inf)
    first = visual + shape["promptTokens"]
    rows = (torch.arange(n)[:, None] * length + torch.arange(first - 1, length - 1)).flatten()
    labels = ids[:, text - answer :].flatten()
    positions = torch.arange(length).expand(n, length)
    return [x.to(device) for x in (pixels, ids, positions, mask, rows, labels)]


def main():
    config = json.load(open(sys.argv[1]))
    device, precision = config["device"], config["precision"]
    torch.set_num_threads(config["threads"])
    if precision == "tf32":
        torch.set_float32_matmul_precision("high")
    model = VisionLanguageModel(config["model"], config["checkpointing"] != "none").to(device)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if parameter.dim() == 1:
                parameter.fill_(0 if name.endswith("bias") else 1)
            else:
                parameter.copy_(rule(parameter.shape, 0.05, device))
    decays = [p for p in model.parameters() if p.dim() > 1]
    others = [p for p in model.parameters() if p.dim() == 1]
    groups = [{"params": decays, "weight_decay": 0.01}, {"params": others, "weight_decay": 0.0}]
    optimizer = torch.optim.AdamW(groups, lr=1e-4, betas=(0.9, 0.95), eps=1e-8, fused=True)
    types = {"bfloat16": torch.bfloat16, "float16": torch.float16}
    autocast = contextlib.nullcontext
    if precision in types:
        autocast = lambda: torch.autocast(device.split(":")[0], dtype=types[precision])
    scaler = torch.amp.GradScaler(device.split(":")[0], enabled=precision == "float16")
    forward = torch.compile(model) if config.get("compile") else model
    batch = batch_of(config, device)
    on_gpu = device.startswith("cuda")

    def step():
        with autocast():
            loss = forward(*batch)
        scaler.scale(loss).backward()
        scaler.unscale_(optimizer)
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0, foreach=True)
        scaler.step(optimizer)
        scaler.update()
        optimizer.zero_grad(set_to_none=True)
        return loss

    print(json.dumps({"parameters": sum(p.numel() for p in model.parameters()), "torch": torch.__version__}), flush=True)
    for line in sys.stdin:
        times = []
        for _ in range(int(line)):
            start = time.perf_counter() if on_gpu else time.process_time()
            loss = step()
            if on_gpu:
                torch.cuda.synchronize()
            times.append(((time.perf_counter() if on_gpu else time.process_time()) - start) * 1e3)
        peak = torch.cuda.max_memory_allocated() if on_gpu else resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
        print(json.dumps({"milliseconds": times, "loss": loss.item(), "peakBytes": peak}), flush=True)


main()
