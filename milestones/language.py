"""A GPT on your own tokenizer, attention, framework and autograd reads plays, and writes one.

It reads for a minute or two. Beside it stand models that count, which had all
the plays at once: the GPT passes who looks back one token, and is still on
its way to who looks back two.
"""

import numpy as np

import bookdata
from solutions.framework import Trainer, cross_entropy
from solutions.gpt import GPT, GPTConfig, TokenWindows, configure_optimiser, generate, reading
from solutions.ngrams import NGram
from solutions.tokenizer import Tokenizer, train_bpe
from solutions.training import clip_gradients, cosine_with_warmup, scheduled

STEPS, SHOWN = 3000, (0, 100, 300, 1000, 3000)  # in all; when it is asked
V, T, RATE, rng = 1024, 64, 3e-3, np.random.default_rng(0)
works = bookdata.shakespeare()
known, fresh = (
    "\n\n".join(text for text, of in zip(works.texts, works.train, strict=True) if of == train)
    for train in (True, False)
)
tokenizer = Tokenizer(train_bpe(known, V))
ids, ids_fresh = (np.array(tokenizer.encode(text)) for text in (known, fresh))
size = len(fresh) / len(ids_fresh)  # characters a token
starts = np.linspace(0, len(ids_fresh) - T - 1, 100).astype(int)
exam = ids_fresh[starts[:, None] + np.arange(T + 1)]  # (100, T + 1); marked: the second half


def bits(nats):
    """Return the mean in bits a character, from nats a token."""
    return np.mean(nats) / np.log(2) / size


def counted(order):
    """Return what a model pays that counts runs of so many tokens."""
    rows = np.lib.stride_tricks.sliding_window_view(exam, order, axis=1)[:, -(T // 2) :]
    return bits(-NGram(order, V).fit([ids]).log_of(rows.reshape(-1, order)))


def paid():
    """Return what the GPT pays."""
    with reading(model):
        z = model(exam[:, :-1])[:, T // 2 :]
        return bits(cross_entropy(z, exam[:, T // 2 + 1 :]).item())


def written(n, **how):
    """Return how the GPT goes on after the prompt."""
    longer = generate(model, prompt, n, np.random.default_rng(1), **how)
    return tokenizer.decode(longer[0, prompt.size :], "replace")


print(f"{len(known):,} characters became {len(ids):,} tokens of {len(tokenizer)} kinds.")
print(f"Back to letters, nothing is lost: {tokenizer.decode(ids) == known}\n")
print("What works that it has never seen cost, in bits a character:\n")
print(f"  {'any token, by lot':<58}{bits(np.log(V)):.2f}")
for order, name in enumerate(("how common each is", "the one before", "the two before"), 1):
    print(f"  {'counts, by ' + name:<58}{counted(order):.2f}", flush=True)

model = GPT(GPTConfig(V, T, C=128, layers=3, heads=4), rng)
prompt = np.array(tokenizer.encode("What is love? "))[None]
trainer = Trainer(
    model,
    configure_optimiser(model, RATE),
    cross_entropy,
    TokenWindows(ids, T, 8, rng),  # 100 steps an epoch
    before_step=[
        scheduled(lambda step: cosine_with_warmup(step, STEPS, STEPS // 20, RATE)),
        lambda trainer: clip_gradients(model.parameters(), 1.0),
    ],
)
for steps in SHOWN:
    trainer.fit(steps // 100)
    line = " ".join(written(20, temperature=0.8).split())[:32]
    print(f"  {f'your GPT, {steps:>4} steps: {line}':<58}{paid():.2f}", flush=True)
n = sum(p.data.size for p in model.parameters())
print(f"\nIt has learned {n:,} numbers. Asked what love is, it goes on:\n")
print("  " + written(150, temperature=0.7, top_p=0.95).strip().replace("\n", "\n  "))
