"""GPT solved another way: by sums over names, einsum, loops and ranks.

Each definition takes the place of the exercise's own of that name; the
checks must accept it.
"""

import numpy as np

import solutions.attention as attention
import solutions.framework as nn
from solutions.autograd import no_grad, operation


def count_parameters(config):
    """Add up what each part has, layer by layer."""
    C = config.C

    def dense(d, m):
        return (d + 1) * m

    norm, total = C + C, (config.vocabulary + config.context) * C
    for _ in range(config.layers):
        total += norm + dense(C, 3 * C) + dense(C, C)
        total += norm + dense(C, 4 * C) + dense(4 * C, C)
    return total + norm


def tied_head(x, table):
    """By einsum, which puts no axes together."""

    def backward(grad):
        flat = grad.reshape(-1, grad.shape[-1])
        rows = x.data.reshape(-1, x.shape[-1])
        to_table = sum(np.outer(g, row) for g, row in zip(flat, rows, strict=True))
        return np.einsum("...v,vc->...c", grad, table.data), to_table

    return operation(np.einsum("...c,vc->...v", x.data, table.data), (x, table), backward)


class KVCache:
    """Only what differs from the exercise."""

    def append(self, k, v):
        """Place by place."""
        if self.length + k.shape[2] > self.k.shape[2]:
            raise ValueError("the cache is full")
        for i in range(k.shape[2]):
            self.k[:, :, self.length] = k[:, :, i]
            self.v[:, :, self.length] = v[:, :, i]
            self.length += 1
        return tuple(array[..., : self.length, :] for array in (self.k, self.v))


class CausalSelfAttention:
    """Only what differs from the exercise."""

    def forward(self, x, cache=None):
        """Head by head without a cache, place by place with one."""
        B, T, C = x.shape
        qkv = self.c_attn(x)
        if cache is None:
            parts = [
                qkv[:, :, i * C : (i + 1) * C].reshape(B, T, self.heads, -1).swapaxes(1, 2)
                for i in range(3)
            ]
            out = attention.scaled_dot_product_attention(*parts, np.tril(np.ones((T, T), bool)))
            return self.c_proj(out.swapaxes(1, 2).reshape(B, T, C))
        q, k, v = np.moveaxis(qkv.data.reshape(B, T, 3, self.heads, -1), (2, 3), (0, 2))
        rows = []
        for t in range(T):
            keys, values = cache.append(k[:, :, t : t + 1], v[:, :, t : t + 1])
            rows.append(attention.attention_forward(q[:, :, t : t + 1], keys, values)[0])
        out = np.concatenate(rows, axis=2)
        return self.c_proj(np.moveaxis(out, 1, 2).reshape(B, T, C))


class Block:
    """Only what differs from the exercise."""

    def forward(self, x, cache=None):
        """A list of what is to be added, and a loop."""
        for norm, part, *rest in [(self.ln_1, self.attn, cache), (self.ln_2, self.mlp)]:
            x = self.drop(part(norm(x), *rest)) + x
        return x


class GPT:
    """Only what differs from the exercise."""

    def forward(self, ids, cache=None, last=False):
        """One block after the other by its number."""
        positions = self.positions(ids, cache)
        ids = np.asarray(ids)
        places = np.broadcast_to(positions, ids.shape)
        x = self.drop(self.wpe(places) + self.wte(ids))
        for i in range(len(self.h)):
            x = self.h[i](x, cache[i]) if cache else self.h[i](x)
        if last:
            x = x[:, [x.shape[1] - 1]]
        return tied_head(self.ln_f(x), self.wte.weight)


def configure_optimiser(model, learning_rate, weight_decay=0.1, **rest):
    """By names: gains and biases are those of norms, and what is called bias."""
    rest = {"betas": (0.9, 0.95)} | rest
    names = {name: p for name, p in model.named(nn.Parameter) if p.requires_grad}
    free = [p for n, p in names.items() if n.endswith("bias") or ".ln_" in f".{n}"]
    return nn.AdamW(
        list(names.values()), learning_rate, weight_decay=weight_decay, no_decay=free, **rest
    )


def next_probabilities(z, temperature=1.0, top_k=None, top_p=1.0):
    """Row by row, token by token, the largest first."""
    z = np.asarray(z)
    result = np.zeros_like(z)
    for place in np.ndindex(z.shape[:-1]):
        row = z[place] - z[place].max()
        order = np.argsort(-row, kind="stable")
        if temperature == 0:
            result[place][order[0]] = 1
            continue
        edge = row[order[min(top_k or len(row), len(row)) - 1]]
        weight = np.where(row >= edge, np.exp(row / temperature), 0)
        weight /= weight.sum()
        stays, mass, least = [], 0.0, 0.0
        for i in order:
            if mass >= top_p and top_p < 1 and weight[i] < least:
                break
            if mass < top_p or top_p == 1:
                least = weight[i]
            stays.append(i)
            mass += weight[i]
        result[place][stays] = weight[stays] / weight[stays].sum()
    return result


def generate(model, ids, n, rng=None, **how):
    """Count what is written, by numbers of our own; the new into one array."""
    ids = np.asarray(ids)
    B, T = ids.shape
    context, was = model.config.context, model.training
    longer = np.concatenate([ids, np.zeros((B, n), ids.dtype)], axis=1)
    start, end, cache = max(0, T - context), T, model.new_cache(B)
    read = start
    model.eval()
    while end < T + n:
        if end - start > context:
            start = read = end - (context + 1) // 2
            cache = model.new_cache(B)
        with no_grad():
            z = model(longer[:, read:end], cache, True).data[:, 0]
        p = next_probabilities(z, **how)
        read = end
        if rng is None:
            if np.count_nonzero(p) > B:
                raise TypeError("nothing to draw with")
            longer[:, end] = p.argmax(axis=1)
        else:
            ends = p.cumsum(axis=1)
            longer[:, end] = (ends <= rng.random((B, 1)) * ends[:, -1:]).sum(axis=1)
        end += 1
    model.train(was)
    return longer
