"""GPT: GPT-2's architecture, how it is trained, and how it writes.

Throughout: B texts, T tokens each, C channels, H heads, V tokens known.
    ids (B, T)             tokens, as whole numbers from 0 to V - 1
    x (B, T, C)            what flows through the model, one row a place
    z (B, T, V)            scores of what comes next, at each place
    k, v (B, H, T, D)      keys and values of the heads, D = C / H
    p (..., V)             probabilities of the next token

Sources: Radford et al., Language Models are Unsupervised Multitask Learners
(2019), GPT-2, whose names the parameters have; Press and Wolf, Using the
Output Embedding to Improve Language Models (2017).
"""

from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np

import solutions.attention as attention
import solutions.framework as nn
from solutions.autograd import no_grad, operation, recording
from solutions.inputs import as_floats, as_rng, in_range, whole
from solutions.logistic_regression import softmax
from solutions.probability import sample_categorical


@dataclass(frozen=True)
class GPTConfig:
    """The sizes of a model; unless told, of the smallest GPT-2."""

    vocabulary: int = 50257
    context: int = 1024
    C: int = 768
    layers: int = 12
    heads: int = 12
    dropout: float = 0.0  # of embeddings and residuals; GPT-2's was 0.1

    def __post_init__(self):
        for name in ("vocabulary", "context", "C", "layers", "heads"):
            whole(name, getattr(self, name), low=1)
        in_range("dropout", as_floats(self.dropout, "dropout"), 0, 0.99)
        if self.C % self.heads:
            raise ValueError(f"C = {self.C} in {self.heads} equal heads")


def count_parameters(config):
    """Count the numbers that a GPT learns.

    Parameters
    ----------
    config : GPTConfig

    Returns
    -------
    count : int

    References
    ----------
    Eq. 35.1 of the chapter.
    """
    V, T, C = config.vocabulary, config.context, config.C
    # your turn (warm-up)
    raise NotImplementedError("count_parameters")


def tied_head(x, table):
    """Score every token by the table that also reads them: x @ table.T.

    Parameters
    ----------
    x : tensor, shape (..., C)
    table : tensor, shape (V, C)

    Returns
    -------
    z : tensor, shape (..., V)
        One operation, with slopes in x and in table.

    References
    ----------
    Press and Wolf (2017), section 3; eq. 35.5 of the chapter.
    """
    if x.shape[-1:] != table.shape[1:]:
        raise ValueError(f"x {x.shape} does not fit table {table.shape}")
    # your turn (core)
    raise NotImplementedError("tied_head")


class KVCache:
    """The keys and values of all that one layer has read."""

    def __init__(self, config, B=1, dtype=np.float32):
        D = config.C // config.heads
        shape = (whole("B", B, low=1), config.heads, config.context, D)
        self.k, self.v = np.empty(shape, dtype), np.empty(shape, dtype)
        self.length = 0

    def append(self, k, v):
        """Write down the keys and values of T more places.

        Parameters
        ----------
        k, v : array, shape (B, H, T, D)

        Returns
        -------
        keys, values : array, shape (B, H, S, D)
            Of all S places read so far, these among them: views.

        References
        ----------
        Pope et al., Efficiently Scaling Transformer Inference (2023).
        """
        own, new = self.k.shape, np.shape(k)
        if new != np.shape(v) or new[:2] + new[3:] != own[:2] + own[3:]:
            raise ValueError(f"k {new}, v {np.shape(v)} do not fit {own}")
        if new[2] > (room := own[2] - self.length):
            raise ValueError(f"the cache has room for {room}, not {new[2]}")
        # your turn (core)
        raise NotImplementedError("KVCache.append")


class CausalSelfAttention(nn.Module):
    """Heads that look back, never ahead."""

    def __init__(self, config, rng):
        self.heads = config.heads
        self.c_attn = nn.Linear(config.C, 3 * config.C, rng)
        self.c_proj = nn.Linear(config.C, config.C, rng)

    def forward(self, x, cache=None):
        """Let each place look at itself and at all before it.

        Parameters
        ----------
        x : tensor, shape (B, T, C)
        cache : KVCache or None

        Returns
        -------
        out : tensor, shape (B, T, C)

        References
        ----------
        Eq. 35.2 of the chapter.
        """
        # your turn (core)
        raise NotImplementedError("CausalSelfAttention.forward")


class MLP(nn.Module):
    """Each place by itself: four times as wide, gelu, and back."""

    def __init__(self, config, rng):
        self.c_fc = nn.Linear(config.C, 4 * config.C, rng)
        self.c_proj = nn.Linear(4 * config.C, config.C, rng)

    def forward(self, x):
        return self.c_proj(nn.gelu(self.c_fc(x)))


class Block(nn.Module):
    """Places talk to each other, then each thinks; both are added to x."""

    def __init__(self, config, rng):
        self.ln_1 = nn.LayerNorm(config.C)
        self.attn = CausalSelfAttention(config, rng)
        self.ln_2 = nn.LayerNorm(config.C)
        self.mlp = MLP(config, rng)
        self.drop = dropped(config, rng)

    def forward(self, x, cache=None):
        """Add to x what attention finds, then what the MLP makes of it.

        Parameters
        ----------
        x : tensor, shape (B, T, C)
        cache : KVCache or None

        Returns
        -------
        out : tensor, shape (B, T, C)

        References
        ----------
        Radford et al. (2019), 2.3; eq. 35.3 and 35.4 of the chapter.
        """
        # your turn (warm-up)
        raise NotImplementedError("Block.forward")


def dropped(config, rng):
    """Return a Dropout, or where p is 0 a Sequential without parts."""
    p = config.dropout
    return nn.Dropout(p, rng) if p else nn.Sequential()


class GPT(nn.Module):
    """Tokens in, scores of the next token out, at each place."""

    def __init__(self, config, rng):
        self.config = config
        self.wte = nn.Embedding(config.vocabulary, config.C, rng)
        self.wpe = nn.Embedding(config.context, config.C, rng)
        self.drop = dropped(config, rng)
        self.h = [Block(config, rng) for _ in range(config.layers)]
        self.ln_f = nn.LayerNorm(config.C)
        self.initialise(rng)

    def initialise(self, rng):
        """Draw all weights as GPT-2's were drawn; biases are 0 already."""
        for name, p in self.named(nn.Parameter):
            if p.ndim == 2:
                sums = 2 * self.config.layers if "c_proj" in name else 1
                p.data[...] = rng.standard_normal(p.shape, np.float32)
                p.data *= 0.02 / sums**0.5

    def forward(self, ids, cache=None, last=False):
        """Score what comes next, after each place or after the last.

        Parameters
        ----------
        ids : array, shape (B, T)
        cache : list of KVCache or None
            One for each layer, with all that was read before.
        last : bool
            Whether the scores of the last place are all that is wanted.

        Returns
        -------
        z : tensor, shape (..., V)
            (B, T, V), or with last (B, 1, V).

        References
        ----------
        Eq. 35.5 of the chapter.
        """
        positions = self.positions(ids, cache)  # (T,)
        caches = cache or [None] * len(self.h)
        # your turn (core)
        raise NotImplementedError("GPT.forward")

    def positions(self, ids, cache):
        """Return the places (T,) at which ids stand, or raise."""
        (B, T), most = as_texts(ids).shape, self.config.context
        past = cache[0].length if cache else 0
        if past + T > most:
            raise ValueError(f"{past + T} tokens in a context of {most}")
        own = B, self.config.heads, most, self.config.C // self.config.heads
        if cache and [c.k.shape for c in cache] != [own] * len(self.h):
            raise ValueError(
                f"the cache is not this model's new_cache({B})"
            )
        if cache and recording.get():
            raise RuntimeError("a cache has no slopes: use it in no_grad()")
        return np.arange(past, past + T)

    def loss(self, ids, targets):
        return nn.cross_entropy(self(ids), targets)

    def new_cache(self, B=1):
        """Return what forward keeps for B texts: a KVCache a layer."""
        dtype = self.wte.weight.dtype
        return [KVCache(self.config, B, dtype) for _ in self.h]


def as_texts(ids):
    """Return ids as an array (B, T) of whole numbers, or raise."""
    ids = np.asarray(ids)
    if ids.dtype.kind not in "iu":
        raise TypeError(f"ids must be whole numbers, not {ids.dtype}")
    if ids.ndim != 2 or not ids.size:
        raise ValueError(f"ids must have shape (B, T), not {ids.shape}")
    return ids


def configure_optimiser(model, learning_rate, weight_decay=0.1, **rest):
    """Return AdamW for a model, without decay for gains and biases.

    Parameters
    ----------
    model : Module
    learning_rate, weight_decay : float
    **rest : for AdamW; betas are (0.9, 0.95) unless told

    Returns
    -------
    optimiser : AdamW

    References
    ----------
    Brown et al., Language Models are Few-Shot Learners (2020), appendix B.
    """
    if "no_decay" in rest:
        raise TypeError("no_decay is what configure_optimiser finds out")
    rest = {"betas": (0.9, 0.95)} | rest
    # your turn (warm-up)
    raise NotImplementedError("configure_optimiser")


class TokenWindows(nn.DataLoader):
    """T ids from anywhere in a text, and what follows each, by chance."""

    def __init__(self, ids, T, batch_size, rng, batches=100):
        self.ids = as_texts(np.asarray(ids)[None])[0]
        self.T = whole("T", T, low=1, high=len(self.ids) - 1)
        i = np.arange(whole("batches", batches, low=1) * batch_size)
        super().__init__(i, batch_size=batch_size, rng=as_rng(rng))

    def batch(self, order, i):
        """Return ids and targets, shape (batch_size, T) each."""
        starts = len(self.ids) - self.T
        rows = self.rng.integers(starts, size=(self.batch_size, 1))
        windows = self.ids[rows + np.arange(self.T + 1)]
        return windows[:, :-1], windows[:, 1:]


@contextmanager
def reading(model):
    """Record nothing and drop nothing inside `with reading(model):`."""
    was = model.training
    with no_grad():
        try:
            yield model.eval()
        finally:
            model.train(was)


def loss_per_position(model, ids):
    """Return the mean loss (T,) at each place of texts ids (B, T + 1)."""
    ids = as_texts(ids)
    with reading(model):
        z = model(ids[:, :-1])
        pairs = [(z[:, t], ids[:, t + 1]) for t in range(z.shape[1])]
        return np.array([nn.cross_entropy(*pair).item() for pair in pairs])


def next_probabilities(z, temperature=1.0, top_k=None, top_p=1.0):
    """Turn scores into the probabilities that a token is drawn with.

    Parameters
    ----------
    z : array, shape (..., V)
    temperature : float
        The scores are divided by it, first. With 0 all goes to the
        largest, the first of those that tie.
    top_k : int or None
        The k largest scores stay, and what ties with the last of them.
    top_p : float
        Above 0; 1 lets all stay. Of what top_k has left the most probable
        stay until together they have top_p or more of it, and what ties
        with the last of them.

    Returns
    -------
    p : array, shape (..., V)
        They add up to 1 along the last axis; 0 for what does not stay.

    References
    ----------
    Holtzman et al. (2020), eq. 2 and 3; eq. 35.6 and 35.7 of the chapter.
    """
    z = as_floats(z, "z")
    if not z.ndim or not np.isfinite(z.max(-1, initial=-np.inf)).all():
        raise ValueError("each row of z needs a largest score, finite")
    temperature = as_floats(temperature, "temperature")
    temperature = float(in_range("temperature", temperature, 0, 1e6))
    in_range("top_p", as_floats(top_p, "top_p"), above=0, high=1)
    z, V = z - z.max(axis=-1, keepdims=True), z.shape[-1]
    top_k = V if top_k is None else min(whole("top_k", top_k, low=1), V)
    if temperature < 1e-6:
        first = z.argmax(axis=-1)[..., None]
        return (np.arange(V) == first).astype(z.dtype)
    # your turn (stretch)
    raise NotImplementedError("next_probabilities")


def generate(model, ids, n, rng=None, **how):
    """Let a model go on writing; a cache keeps what it has read.

    Where the context is full, it forgets: an empty cache, and the last
    (context + 1) // 2 of ids are read again.

    Parameters
    ----------
    model : GPT
    ids : array, shape (B, T)
        What is there; the model reads no more of it than its context.
    n : int
        How many tokens to write.
    rng : numpy.random.Generator or None
        None only where nothing is left to chance, as with temperature=0.
    **how : temperature, top_k and top_p of next_probabilities

    Returns
    -------
    longer : array, shape (B, T + n)

    References
    ----------
    Eq. 35.8 of the chapter.
    """
    ids, n = as_texts(ids), whole("n", n, low=0)
    context = model.config.context
    new, cache = ids[:, -context:], model.new_cache(len(ids))
    # your turn (stretch)
    raise NotImplementedError("generate")


def draw(p, rng):
    """Return a token (B,) for each row of p; without rng the sure one."""
    if rng is None and (p.max(axis=-1) < 1).any():
        raise TypeError("give an rng, or temperature=0 to draw nothing")
    if rng is None:
        return p.argmax(axis=-1)
    return np.array([sample_categorical(row, 1, rng)[0] for row in p])
