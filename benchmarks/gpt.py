"""GPT against PyTorch, on the same weights and batches.

    python benchmarks/gpt.py [small] [medium] [forward] [cached] [training] [memory] [naive]

Ratios of processor time, float32, one thread, runs alternating; below 1 ours
is faster. Theirs is eager PyTorch with its scaled_dot_product_attention and
foreach AdamW. Beside each stands the machine's own matrix product, measured
in the same rounds, and how much of its rate our step reaches (attention counted
in full, though what the mask hides is not computed).

A step's arrays are freed at its end, and glibc gives their memory back, so that
the next step pays for new pages: about a sixth of ours in small.
With MALLOC_TRIM_THRESHOLD_=1000000000 MALLOC_MMAP_THRESHOLD_=1000000000 in the
environment nobody does; the bars are for the default, without.

    small     a training step, C 128, 4 layers, T 128, B 16: at most 1.0, 65 %
    medium    a training step, C 384, 6 layers, T 256, B 8: at most 1.1
    forward   GPT-2's 124 million parameters read 1,024 tokens: at most 1.0
    cached    the same writes a token behind 512: at most 0.8
    training  the same learns from one text of 256 tokens: at most 1.2
    memory    the most memory such a step takes, ours alone: under 4 GB
    naive     small, without a cache and with x**3, as picoGPT: how much faster ours is
"""

import os

os.environ.update(dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"), "1"))

import resource
import subprocess
import sys
import time
from importlib import import_module
from pathlib import Path
from statistics import median

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from solutions.autograd import no_grad
from solutions.framework import Parameter
from solutions.gpt import GPT, GPTConfig, configure_optimiser, generate, reading

SMALL = GPTConfig(65, 128, 128, 4, 4)
MEDIUM = GPTConfig(65, 256, 384, 6, 6)
GPT2 = GPTConfig()


def peer_of(model):
    """Return the weights of a model as torch has them, (out, in), by name."""
    import torch

    torch.set_num_threads(1)
    weights = {}
    for name, p in model.named(Parameter):
        data = p.data.T if p.ndim == 2 and not name.startswith("w") else p.data
        weights[name] = torch.tensor(np.ascontiguousarray(data), requires_grad=True)
    return torch, weights


def scores(P, config, ids, cache=None):
    """Return GPT-2's scores by torch; a cache is a list of pairs, which grow."""
    F = import_module("torch.nn.functional")

    B, T = ids.shape
    past = cache[0][0].shape[2] if cache and cache[0] else 0
    x = F.embedding(ids, P["wte.weight"]) + P["wpe.weight"][past : past + T]

    def norm(x, name):
        return F.layer_norm(x, (config.C,), P[name + ".weight"], P[name + ".bias"])

    def dense(x, name):
        return F.linear(x, P[name + ".weight"], P[name + ".bias"])

    for i in range(config.layers):
        parts = dense(norm(x, f"h.{i}.ln_1"), f"h.{i}.attn.c_attn").split(config.C, dim=2)
        q, k, v = (part.view(B, T, config.heads, -1).transpose(1, 2) for part in parts)
        if cache and cache[i]:
            k, v = (_cat(old, new) for old, new in zip(cache[i], (k, v), strict=True))
        if cache:
            cache[i] = k, v
        a = F.scaled_dot_product_attention(q, k, v, is_causal=not past)
        x = x + dense(a.transpose(1, 2).reshape(B, T, config.C), f"h.{i}.attn.c_proj")
        wide = F.gelu(dense(norm(x, f"h.{i}.ln_2"), f"h.{i}.mlp.c_fc"), approximate="tanh")
        x = x + dense(wide, f"h.{i}.mlp.c_proj")
    return norm(x, "ln_f")


def _cat(old, new):
    import torch

    return torch.cat([old, new], dim=2)


def product(n=1024):
    """Return a matrix product, and its operations."""
    A = np.random.default_rng(0).normal(size=(n, n)).astype(np.float32)
    return (lambda: A @ A), 2 * n**3


def in_turn(steps, rounds):
    """Return the median seconds of functions run in turn, and of ratios to the first."""
    seconds = {name: [] for name in steps}
    for i in range(1 + rounds):
        for name, step in steps.items():
            began = time.process_time()
            step()
            if i:
                seconds[name].append(time.process_time() - began)
    ratio = median(a / b for a, b in zip(seconds["ours"], seconds["theirs"], strict=True))
    return {name: median(times) for name, times in seconds.items()}, ratio


def told(name, config, T, B, steps, rounds, operations):
    """Print the ratio, and the share of the machine's rate."""
    steps["product"], count = product()
    seconds, ratio = in_turn(steps, rounds)
    rate = count / seconds["product"]
    share = operations / seconds["ours"] / rate
    print(
        f"{name}: C {config.C}, {config.layers} layers, T {T}, B {B}: ours / torch {ratio:.2f}   "
        f"({seconds['ours'] * 1e3:.1f} ms; {share:.0%} of {rate / 1e9:.0f} GFLOP/s)",
        flush=True,
    )


def operations(config, T, B):
    """Return the multiplications and additions of reading B texts of T tokens."""
    dense = config.layers * 12 * config.C**2 + config.vocabulary * config.C
    return B * T * 2 * (dense + 2 * config.layers * T * config.C)


def training(name, config, T, B, rounds):
    """Take training steps on the same batch, and say whether the losses agree."""
    rng = np.random.default_rng(0)
    model = GPT(config, rng)
    torch, P = peer_of(model)
    ours_optimiser = configure_optimiser(model, 1e-3)
    kinds = [[p for p in P.values() if (p.ndim > 1) is wide] for wide in (True, False)]
    groups = [{"params": kinds[0], "weight_decay": 0.1}, {"params": kinds[1], "weight_decay": 0.0}]
    theirs_optimiser = torch.optim.AdamW(groups, lr=1e-3, betas=(0.9, 0.95), foreach=True)
    ids = rng.integers(config.vocabulary, size=(B, T + 1))
    x, y = (torch.tensor(part) for part in (ids[:, :-1], ids[:, 1:]))
    losses = {}

    def ours():
        ours_optimiser.zero_grad()
        loss = model.loss(ids[:, :-1], ids[:, 1:])
        loss.backward()
        ours_optimiser.step()
        losses["ours"] = loss.item()

    def theirs():
        theirs_optimiser.zero_grad()
        z = torch.nn.functional.linear(scores(P, config, x), P["wte.weight"])
        loss = torch.nn.functional.cross_entropy(z.flatten(0, 1), y.flatten())
        loss.backward()
        theirs_optimiser.step()
        losses["theirs"] = loss.item()

    told(name, config, T, B, {"ours": ours, "theirs": theirs}, rounds, 3 * operations(config, T, B))
    print(f"    losses after as many steps: {losses['ours']:.6f} and {losses['theirs']:.6f}")


def forward(rounds):
    """Read 1,024 tokens with GPT-2's sizes, and score each place."""
    rng = np.random.default_rng(0)
    model = GPT(GPT2, rng)
    torch, P = peer_of(model)
    ids = rng.integers(GPT2.vocabulary, size=(1, 1024))
    x, made = torch.tensor(ids), {}

    def ours():
        with no_grad():
            made["ours"] = model(ids).data

    def theirs():
        with torch.no_grad():
            made["theirs"] = torch.nn.functional.linear(scores(P, GPT2, x), P["wte.weight"])

    told(
        "forward",
        GPT2,
        1024,
        1,
        {"ours": ours, "theirs": theirs},
        rounds,
        operations(GPT2, 1024, 1),
    )
    print(f"    furthest apart: {np.abs(made['ours'] - made['theirs'].numpy()).max():.1e}")


def cached(rounds):
    """Write tokens behind 512, with the cache of each."""
    rng = np.random.default_rng(0)
    model = GPT(GPT2, rng)
    torch, P = peer_of(model)
    ids = rng.integers(GPT2.vocabulary, size=(1, 512))
    cache, pairs, made = model.new_cache(), [()] * GPT2.layers, {}
    token = np.array([[7]])
    with no_grad(), torch.no_grad():
        model(ids, cache, True)
        scores(P, GPT2, torch.tensor(ids), pairs)

    def ours():
        with no_grad():
            made["ours"] = model(token, cache, True).data

    def theirs():
        with torch.no_grad():
            x = scores(P, GPT2, torch.tensor(token), pairs)[:, -1:]
            made["theirs"] = torch.nn.functional.linear(x, P["wte.weight"])

    told("cached", GPT2, 1, 1, {"ours": ours, "theirs": theirs}, rounds, operations(GPT2, 1, 1))
    print(f"    furthest apart: {np.abs(made['ours'] - made['theirs'].numpy()).max():.1e}")


def memory(child=False):
    """Print the most memory that a training step with GPT-2's sizes takes."""
    if not child:
        subprocess.run([sys.executable, __file__, "memory-of-this"], check=True)
        return
    rng = np.random.default_rng(0)
    model = GPT(GPT2, rng)
    made = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    optimiser = configure_optimiser(model, 1e-3)
    ids = rng.integers(GPT2.vocabulary, size=(1, 257))
    for _ in range(2):
        optimiser.zero_grad()
        model.loss(ids[:, :-1], ids[:, 1:]).backward()
        optimiser.step()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(f"memory: {peak / 2**20:.2f} GB at most, {made / 2**20:.2f} GB while the model was made")


def naive(rounds):
    """Write 100 tokens as picoGPT does: all anew for each, x**3, head by head."""
    rng = np.random.default_rng(0)
    model = GPT(SMALL, rng)
    W = model.state()
    prompt = rng.integers(65, size=(1, 20))
    made = {}

    def norm(x, name):
        mean, variance = x.mean(-1, keepdims=True), x.var(-1, keepdims=True)
        return W[name + ".weight"] * (x - mean) / np.sqrt(variance + 1e-5) + W[name + ".bias"]

    def dense(x, name):
        return x @ W[name + ".weight"] + W[name + ".bias"]

    def attend(q, k, v, mask):
        z = q @ k.T / np.sqrt(q.shape[-1]) + mask
        p = np.exp(z - z.max(-1, keepdims=True))
        return p / p.sum(-1, keepdims=True) @ v

    def scored(ids):
        x = W["wte.weight"][ids] + W["wpe.weight"][: len(ids)]
        mask = (1 - np.tri(len(ids), dtype=x.dtype)) * -1e10
        for i in range(SMALL.layers):
            qkv = np.split(dense(norm(x, f"h.{i}.ln_1"), f"h.{i}.attn.c_attn"), 3, axis=-1)
            heads = zip(*(np.split(part, SMALL.heads, axis=-1) for part in qkv), strict=True)
            found = np.hstack([attend(*head, mask) for head in heads])
            x = x + dense(found, f"h.{i}.attn.c_proj")
            h = dense(norm(x, f"h.{i}.ln_2"), f"h.{i}.mlp.c_fc")
            h = 0.5 * h * (1 + np.tanh(np.sqrt(2 / np.pi) * (h + 0.044715 * h**3)))
            x = x + dense(h, f"h.{i}.mlp.c_proj")
        return norm(x, "ln_f") @ W["wte.weight"].T

    def theirs():
        ids = prompt[0].tolist()
        for _ in range(100):
            ids.append(int(scored(ids)[-1].argmax()))
        made["theirs"] = ids

    def ours():
        made["ours"] = generate(model, prompt, 100, temperature=0)[0].tolist()

    seconds, ratio = in_turn({"ours": ours, "theirs": theirs}, rounds)
    same = made["ours"] == made["theirs"]
    with reading(model):
        z = model(prompt).data[0]
    apart = np.abs(z - scored(prompt[0])).max()
    print(
        f"naive: 100 tokens, {1 / ratio:.0f} times as fast ({seconds['ours'] * 1e3:.0f} ms); "
        f"the same text: {same}, scores {apart:.0e} apart"
    )


RUNS = {
    "small": lambda: training("small", SMALL, 128, 16, 15),
    "medium": lambda: training("medium", MEDIUM, 256, 8, 7),
    "forward": lambda: forward(5),
    "cached": lambda: cached(25),
    "training": lambda: training("training", GPT2, 256, 1, 5),
    "memory": memory,
    "memory-of-this": lambda: memory(child=True),
    "naive": lambda: naive(3),
}


def main():
    for name in sys.argv[1:] or [name for name in RUNS if name != "memory-of-this"]:
        RUNS[name]()


if __name__ == "__main__":
    main()
