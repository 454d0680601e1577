"""Attention there and back against PyTorch: fused, composed, and PyTorch's own.

    python benchmarks/attention.py [ROUNDS]

Ratios of processor time, float32, one thread, runs alternating; below 1 ours
is faster. 2,048 tokens, cut into texts of T; 4 heads of 64 channels; queries,
keys and values packed, as GPT has them. Memory is what NumPy has allocated at
most, there and back, in MB. PyTorch keeps no scores, and makes them twice.
Bar: 1.5 for fused.
"""

import os

os.environ.update(dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"), "1"))

import sys
import time
import tracemalloc
from pathlib import Path
from statistics import median

import numpy as np
import torch
from torch.nn import functional

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from solutions.attention import (
    causal_mask,
    merge_heads,
    scaled_dot_product_attention_composed,
    self_attention,
    split_heads,
)
from solutions.autograd import Tensor

TOKENS, HEADS, C = 2048, 4, 256


def composed(qkv, heads, mask):
    """Return what self_attention returns, by small operations."""
    parts = [split_heads(qkv[..., i : i + C], heads) for i in (0, C, 2 * C)]
    return merge_heads(scaled_dot_product_attention_composed(*parts, mask))


def steps(rng, T, is_causal):
    """Return functions that go there and back once, and return the gradient."""
    B = TOKENS // T
    packed = rng.normal(size=(B, T, 3 * C)).astype(np.float32)
    grad = rng.normal(size=(B, T, C)).astype(np.float32)

    def ours(way):
        def step():
            qkv = Tensor(packed, True)
            way(qkv, HEADS, causal_mask(T) if is_causal else None).backward(grad)
            return qkv.grad

        return step

    twin, sent = torch.tensor(packed, requires_grad=True), torch.tensor(grad)

    def theirs():
        twin.grad = None
        parts = (part.view(B, T, HEADS, -1).transpose(1, 2) for part in twin.split(C, dim=2))
        out = functional.scaled_dot_product_attention(*parts, is_causal=is_causal)
        out.transpose(1, 2).reshape(B, T, C).backward(sent)
        return twin.grad.numpy()

    return [ours(self_attention), ours(composed), theirs]


def seconds_of(step):
    began = time.process_time()
    step()
    return time.process_time() - began


def megabytes_of(step):
    tracemalloc.start()
    step()
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return most / 1e6


def main():
    torch.set_num_threads(1)
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 9
    for is_causal in (True, False):
        for T in (128, 256, 512, 1024, 2048):
            every = steps(np.random.default_rng(0), T, is_causal)
            first, *rest = [step() for step in every]
            assert all(np.allclose(one, first, atol=1e-4) for one in rest)
            runs = [[seconds_of(step) for step in every] for _ in range(rounds)]
            fused, small = (median(run[i] / run[2] for run in runs) for i in (0, 1))
            memory = [megabytes_of(step) for step in every[:2]]
            print(
                f"{'causal' if is_causal else 'all':6} T = {T:5,}   fused / torch {fused:.2f}   "
                f"composed / torch {small:.2f}   "
                f"memory: fused {memory[0]:4.0f}, composed {memory[1]:4.0f}"
            )


if __name__ == "__main__":
    main()
