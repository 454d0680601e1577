"""Train the GPT that bookdata keeps: eleven minutes on one core of 2026.

    python benchmarks/shakespeare_gpt.py FILE.npz

Prints the seconds, the loss on the last 250 batches, and that on held-out
works at places 65 to 128, every 250 steps; then what it writes.
"""

import os

os.environ.update(dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"), "1"))

import sys
import time
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import bookdata
from solutions.framework import Trainer, cross_entropy
from solutions.gpt import (
    GPT,
    GPTConfig,
    TokenWindows,
    configure_optimiser,
    generate,
    loss_per_position,
)
from solutions.training import clip_gradients, cosine_with_warmup, scheduled

STEPS, PEAK, T = 4000, 4e-3, 128


def main(path):
    works = bookdata.shakespeare()
    signs = sorted(set("".join(works.texts)))
    id_of = {sign: i for i, sign in enumerate(signs)}
    pairs = list(zip(works.texts, works.train, strict=True))
    texts = ("".join(text for text, of in pairs if of == train) for train in (True, False))
    read, kept_back = (np.array([id_of[sign] for sign in text]) for text in texts)
    starts = np.linspace(0, len(kept_back) - T - 1, 500).astype(int)
    held = kept_back[starts[:, None] + np.arange(T + 1)]
    model = GPT(GPTConfig(len(signs), T, C=128, layers=4, heads=4), np.random.default_rng(0))
    began = time.process_time()

    def watch(run):
        if run.steps % 250 == 0:
            seconds, loss = time.process_time() - began, loss_per_position(model, held)[T // 2 :]
            print(
                f"{run.steps:5} {seconds:6.0f} s {np.mean(run.losses[-250:]):.4f} {loss.mean():.4f}"
            )

    Trainer(
        model,
        configure_optimiser(model, PEAK, betas=(0.9, 0.99)),
        cross_entropy,
        TokenWindows(read, T, 16, np.random.default_rng(0), batches=50),
        before_step=[
            scheduled(lambda step: cosine_with_warmup(step, STEPS, 200, PEAK, PEAK / 10)),
            lambda run: clip_gradients(model.parameters(), 1.0),
        ],
        after_epoch=[watch],
    ).fit(STEPS // 50)
    state = {name: array.astype(np.float16) for name, array in model.state_dict().items()}
    np.savez_compressed(path, **state)
    start = np.array([[id_of[sign] for sign in "\nHAMLET.\n"]])
    ids = generate(model, start, 600, np.random.default_rng(1))
    print("".join(signs[i] for i in ids[0]))


if __name__ == "__main__":
    main(sys.argv[1])
