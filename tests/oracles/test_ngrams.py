"""Oracle for ngrams: torch, textbook formulas by dictionaries, and closed forms; bad input."""

from collections import Counter, defaultdict

import numpy as np
import pytest

import bookdata
from solutions.framework import Module
from solutions.inputs import NotFittedError
from solutions.ngrams import (
    CharMLP,
    NeuralBigram,
    NGram,
    bigram_counts,
    continuation_counts,
    decode_name,
    encode_names,
    kneser_ney,
    perplexity,
    sample_name,
    windows,
)


@pytest.fixture(scope="module")
def names():
    """Return the census's surnames to learn from and the ones held out, as ids."""
    data = bookdata.census_names()
    ids = encode_names(data.surnames)
    learn = [name for name, known in zip(ids, data.surname_train, strict=True) if known]
    return learn, [name for name, known in zip(ids, data.surname_train, strict=True) if not known]


@pytest.fixture(scope="module")
def text():
    """Return the ids of a play's characters, and how many kinds there are."""
    play = bookdata.shakespeare().texts[0][:60_000]
    kinds = sorted(set(play))
    return np.array([kinds.index(sign) for sign in play]), len(kinds)


class Textbook:
    """Interpolated Kneser-Ney by sets of tuples, one probability at a time."""

    def __init__(self, rows, V, discount):
        self.V, self.D, self.order = V, discount, len(rows[0])
        highest = Counter(map(tuple, rows))
        self.counts = {self.order: highest}
        for k in range(self.order - 1, 0, -1):
            before = defaultdict(set)
            for row in rows:
                before[tuple(row[-k:])].add(tuple(row[-k - 1 : -k]))
            self.counts[k] = {gram: len(ids) for gram, ids in before.items()}
        self.after = {k: defaultdict(dict) for k in self.counts}
        for k, counts in self.counts.items():
            for gram, count in counts.items():
                self.after[k][gram[:-1]][gram[-1]] = count

    def p(self, gram):
        if not gram:
            return 1 / self.V
        came, lower = self.after[len(gram)].get(gram[:-1]), self.p(gram[1:])
        if not came:
            return lower
        total = sum(came.values())
        own = max(came.get(gram[-1], 0) - self.D, 0) / total
        return own + self.D * len(came) / total * lower


@pytest.mark.parametrize("order", [1, 2, 4, 6])
def test_kneser_ney_is_the_textbooks_on_names(names, order):
    learn, held = names[0][::20], names[1][::40]
    model = NGram(order, discount=0.8).fit(learn)
    book = Textbook(windows(learn, order).tolist(), 27, 0.8)
    wanted = [np.log(book.p(tuple(row))) for row in windows(held, order).tolist()]
    np.testing.assert_allclose(model.log_proba(held), wanted, rtol=1e-12)


def test_kneser_ney_is_the_textbooks_on_a_text_with_many_ids(text):
    ids, _ = text
    ids = ids * 61 % 5000  # far apart, as tokens are
    model = NGram(5, 5000).fit(ids[:20_000])
    book = Textbook(windows(ids[:20_000], 5).tolist(), 5000, 0.75)
    held = ids[20_000:21_000]
    wanted = [np.log(book.p(tuple(row))) for row in windows(held, 5).tolist()]
    np.testing.assert_allclose(model.log_proba(held), wanted, rtol=1e-12)


@pytest.mark.parametrize("smoothing", ["kneser_ney", 0, 0.01, 1, 50.0])
@pytest.mark.parametrize("order", [1, 3, 5])
def test_probabilities_add_up_to_one(names, order, smoothing):
    model = NGram(order, smoothing=smoothing).fit(names[0][::50])
    rng = np.random.default_rng(0)
    for ids in ([], [1], [26, 26, 26, 26], [13, 3], *names[1][:50], rng.integers(1, 27, 9)):
        p = model.next_proba(ids)
        assert p.shape == (27,) and p.min() >= 0
        assert p.sum() == pytest.approx(1, abs=1e-12)


def test_a_whole_name_is_foretold_letter_by_letter(names):
    model = NGram(4).fit(names[0][::50])
    name = names[1][0]
    p = [model.next_proba(name[:i])[j] for i, j in enumerate([*name, 0])]
    np.testing.assert_allclose(model.log_proba([name]), np.log(p), rtol=1e-12)


def test_added_counts_are_shares(names):
    learn, held = names
    counts, pairs = bigram_counts(learn), windows(held, 2)
    for k in (0.5, 1):
        shares = (counts + k) / (counts + k).sum(axis=1, keepdims=True)
        wanted = np.log(shares[pairs[:, 0], pairs[:, 1]])
        found = NGram(2, smoothing=k).fit(learn).log_proba(held)
        np.testing.assert_allclose(found, wanted, rtol=1e-12)
    assert NGram(2, smoothing=0).fit(learn).log_proba(held).min() == -np.inf
    assert perplexity(NGram(2, smoothing=0).fit(learn).log_proba(held)) == np.inf


def test_an_even_guess_has_the_perplexity_of_its_size(names):
    assert perplexity(np.full(10, -np.log(27))) == pytest.approx(27, rel=1e-14)
    model = NGram(3, smoothing=1e12).fit(names[0][:100])
    assert perplexity(model.log_proba(names[1])) == pytest.approx(27, rel=1e-6)
    one = NGram(2, 2).fit([np.ones(3, int)])
    assert perplexity(np.zeros(5)) == 1
    assert perplexity(one.log_proba([np.ones(3, int)])) < 2


def test_bigram_counts_are_the_text_s_pairs(names):
    learn = names[0][:2000]
    wanted = Counter()
    for name in learn:
        line = [0, *name.tolist(), 0]
        wanted.update(zip(line[:-1], line[1:], strict=True))
    counts = bigram_counts(learn)
    assert {pair: counts[pair] for pair in wanted} == wanted
    assert counts.sum() == wanted.total() == sum(len(name) + 1 for name in learn)
    np.testing.assert_array_equal(counts.sum(0), counts.sum(1))  # what begins, ends


def test_a_text_is_one_sequence_without_an_end(text):
    ids, V = text
    rows = windows(ids, 4)
    padded = np.append(np.zeros(3, int), ids)
    wanted = np.lib.stride_tricks.sliding_window_view(padded, 4)
    np.testing.assert_array_equal(rows, wanted)
    assert bigram_counts(ids, V).sum() == len(ids)
    train, held = ids[:50_000], ids[50_000:]
    loss = [-NGram(order, V).fit(train).log_proba(held).mean() for order in (1, 2, 3, 4)]
    assert len(NGram(2, V).fit(train).log_proba(held)) == len(held)
    assert loss[0] > loss[1] > loss[2] > loss[3]


def test_small_unsigned_ids_are_not_wrapped(text):
    ids, V = text
    one, two = (NGram(5, V).fit(i).log_proba(i[:99]) for i in (ids, ids.astype(np.uint8)))
    np.testing.assert_array_equal(one, two)


def test_held_out_surnames_are_the_chapters(names):
    learn, held = names
    found = [-NGram(order).fit(learn).log_proba(held).mean() for order in range(1, 7)]
    assert found[1] < 2.57 and found[2] < 2.33 and found[3] < 2.20 and found[4] < 2.14
    assert found[5] < found[4]
    added = [-NGram(order, smoothing=1).fit(learn).log_proba(held).mean() for order in (4, 5)]
    assert added[1] > added[0] > found[3]


def test_the_neural_bigram_descends_as_pytorchs(names):
    torch = pytest.importorskip("torch")
    learn = names[0][::400]
    rows = torch.tensor(windows(learn, 2))
    W = torch.zeros(27, 27, dtype=torch.float64, requires_grad=True)
    optimiser = torch.optim.SGD([W], lr=5.0, weight_decay=0.01)
    losses = []
    for _ in range(40):
        optimiser.zero_grad()
        loss = torch.nn.functional.cross_entropy(W[rows[:, 0]], rows[:, 1])
        losses.append(loss.item())
        loss.backward()
        optimiser.step()
    model = NeuralBigram(learning_rate=5.0, steps=40, l2=0.01).fit(learn)
    np.testing.assert_allclose(model.W_, W.detach().numpy(), rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(model.losses_, losses, rtol=1e-12)


def test_the_neural_bigram_learns_the_shares_of_the_counts(names):
    learn, held = names
    model, counts = NeuralBigram().fit(learn), bigram_counts(learn)
    p = np.array([model.next_proba([i]) for i in range(27)])
    shares = counts / counts.sum(axis=1, keepdims=True)
    assert np.abs(p - shares).max() < 0.01
    often = counts > 100
    logs = np.log(p[often]) - np.log(shares[often])
    assert np.abs(logs).max() < 0.05
    unsmoothed = NGram(2, smoothing=1e-9).fit(learn)
    assert model.losses_[-1] == pytest.approx(-unsmoothed.log_proba(learn).mean(), abs=1e-3)
    assert (np.diff(model.losses_) < 0).all()


@pytest.mark.parametrize("dtype, rtol", [("float64", 1e-10), ("float32", 2e-4)])
def test_the_network_and_its_gradients_are_pytorchs(names, dtype, rtol):
    torch = pytest.importorskip("torch")
    model = CharMLP(5, C=8, hidden=32, rng=np.random.default_rng(0))
    for p in model.parameters():
        p.data = p.data.astype(dtype)
    rows = windows(names[1][:60], 5)
    twins = [torch.tensor(p.data, requires_grad=True) for p in model.parameters()]
    table, W, b, U, c = twins
    x = table[torch.tensor(rows[:, :-1])].reshape(len(rows), -1)
    theirs = torch.nn.functional.gelu(x @ W + b, approximate="tanh") @ U + c
    ours = model(rows[:, :-1])
    assert ours.dtype == dtype
    size = np.abs(theirs.detach().numpy()).max()
    np.testing.assert_allclose(ours.data, theirs.detach().numpy(), rtol, atol=rtol * size)
    loss = torch.nn.functional.cross_entropy(theirs, torch.tensor(rows[:, -1]))
    loss.backward()
    found = -model.log_proba(names[1][:60]).mean()
    assert found == pytest.approx(loss.item(), rel=rtol)
    from solutions.framework import cross_entropy

    cross_entropy(ours, rows[:, -1]).backward()
    for p, twin in zip(model.parameters(), twins, strict=True):
        wanted = twin.grad.numpy()
        np.testing.assert_allclose(p.grad, wanted, rtol, atol=rtol * np.abs(wanted).max())


def test_the_network_learns_names_and_can_go_on(names):
    learn, held = names[0][::4], names[1][::10]
    model = CharMLP(5, C=8, hidden=64, rng=np.random.default_rng(0))
    assert isinstance(model, Module)
    first = -model.log_proba(held).mean()
    losses = [-model.fit(learn, epochs=1, batch_size=128).log_proba(held).mean() for _ in range(2)]
    assert first == pytest.approx(np.log(27), abs=0.3)
    assert losses[1] < losses[0] < -NGram(2).fit(learn).log_proba(held).mean()
    assert model.next_proba([13, 3]).sum() == pytest.approx(1, abs=1e-12)
    p = [model.next_proba(held[0][:i])[j] for i, j in enumerate([*held[0], 0])]
    np.testing.assert_allclose(np.log(p), model.log_proba(held[:1]), rtol=1e-4)
    assert model.log_proba(held).dtype == float
    again = CharMLP(5, C=8, hidden=64, rng=np.random.default_rng(0)).fit(held, 1)
    twice = CharMLP(5, C=8, hidden=64, rng=np.random.default_rng(0)).fit(held, 1)
    np.testing.assert_array_equal(again.losses_, twice.losses_)


def test_what_is_drawn_has_the_model_s_own_loss(names):
    model, rng = NGram(3).fit(names[0]), np.random.default_rng(0)
    drawn = [sample_name(model.next_proba, rng, 100) for _ in range(1500)]
    assert max(map(len, drawn)) < 100
    loss = -model.log_proba(drawn)
    expected = [
        -(p[p > 0] * np.log(p[p > 0])).sum() for p in map(model.next_proba, prefixes(drawn))
    ]
    assert loss.mean() == pytest.approx(np.mean(expected), abs=4 * loss.std() / len(loss) ** 0.5)


def prefixes(drawn):
    return [name[:i] for name in drawn[:300] for i in range(len(name) + 1)]


def test_names_come_back(names):
    words = ["SMITH", "O", "", "Delacruz"]
    ids = encode_names(words)
    assert [decode_name(i) for i in ids] == ["SMITH", "O", "", "DELACRUZ"]
    assert ids[0].tolist() == [19, 13, 9, 20, 8]
    assert ids[2].dtype == ids[0].dtype == np.dtype(int)


def test_names_are_left_as_they_are(names):
    few = [name.copy() for name in names[0][:50]]
    for model in (NGram(3), NeuralBigram(steps=3), CharMLP(3, rng=np.random.default_rng(0))):
        model.fit(few, *([1] if isinstance(model, CharMLP) else []))
        model.log_proba(few)
    for one, other in zip(few, names[0], strict=False):
        np.testing.assert_array_equal(one, other)


GOOD = [np.array([1, 2, 3]), np.array([4])]
RNG = np.random.default_rng(0)


@pytest.mark.parametrize(
    "call, error, says",
    [
        (lambda: encode_names("SMITH"), TypeError, "list of str"),
        (lambda: encode_names([3]), TypeError, "list of str"),
        (lambda: encode_names(["O'BRIEN"]), ValueError, "not a letter"),
        (lambda: encode_names(["M\u00dcLLER"]), ValueError, "not a letter"),
        (lambda: decode_name([27]), ValueError, "at most 26"),
        (lambda: decode_name([1.5]), TypeError, "whole number"),
        (lambda: bigram_counts([]), ValueError, "empty"),
        (lambda: bigram_counts(["SMITH"]), TypeError, "integers"),
        (lambda: bigram_counts("SMITH"), TypeError, "integers"),
        (lambda: bigram_counts([[1.0, 2.0]]), TypeError, "float64"),
        (lambda: bigram_counts([[True]]), TypeError, "bool"),
        (lambda: bigram_counts([[[1, 2]]]), TypeError, r"\(1, 2\)"),
        (lambda: bigram_counts([[1, 27]]), ValueError, "V is 27"),
        (lambda: bigram_counts([[1, -1]]), ValueError, "-1"),
        (lambda: bigram_counts([[1, 0, 2]]), ValueError, "0 ends a name"),
        (lambda: bigram_counts(GOOD, 0), ValueError, "V must be at least 1"),
        (lambda: bigram_counts(GOOD, 5.5), TypeError, "V must be a whole number"),
        (lambda: bigram_counts(5), TypeError, "sequences must be a list"),
        (lambda: bigram_counts(None), TypeError, "sequences must be a list"),
        (lambda: bigram_counts([[1, 2], 3]), TypeError, "must be a vector"),
        (lambda: windows([[-1]], 3), ValueError, "an id is -1"),
        (lambda: windows(GOOD, 0), ValueError, "n must be at least 1"),
        (lambda: windows(GOOD, 2, 4), ValueError, "V is 4"),
        (lambda: windows(np.array([], int), 2), ValueError, "empty"),
        (lambda: windows(np.array([0.5, 1]), 2), TypeError, "integers"),
        (lambda: sample_name(lambda ids: [1.0], None), TypeError, "rng must be"),
        (lambda: sample_name(lambda ids: [0.0], RNG), ValueError, "largest weight is 0"),
        (lambda: sample_name(lambda ids: [1.0], RNG, -1), ValueError, "max_length"),
        (lambda: perplexity([]), ValueError, r"\(N,\)"),
        (lambda: perplexity([[-1.0]]), ValueError, r"\(1, 1\)"),
        (lambda: perplexity([-1.0, np.nan]), ValueError, "nan"),
        (lambda: perplexity([0.5]), ValueError, "0.5"),
        (lambda: perplexity(["a"]), TypeError, "numbers"),
        (lambda: NGram(0), ValueError, "order"),
        (lambda: NGram(2.5), TypeError, "order"),
        (lambda: NGram(6, 5000), ValueError, "int64"),
        (lambda: NGram(2, smoothing="laplace"), ValueError, "a number, not 'laplace'"),
        (lambda: NGram(2, smoothing=-1), ValueError, "smoothing"),
        (lambda: NGram(2, smoothing=np.nan), ValueError, "smoothing"),
        (lambda: NGram(2, discount=1.5), ValueError, "discount"),
        (lambda: NGram(2).log_proba(GOOD), NotFittedError, "call fit"),
        (lambda: NGram(2).next_proba([]), NotFittedError, "call fit"),
        (lambda: NGram(2, 4).fit(GOOD), ValueError, "V is 4"),
        (lambda: NGram(2, 5).fit(GOOD).log_proba([[5]]), ValueError, "V is 5"),
        (lambda: NGram(2, 5).fit(GOOD).next_proba([9]), ValueError, "V is 5"),
        (lambda: NGram(2, 5).fit(GOOD).next_proba(["A"]), TypeError, "integers"),
        (lambda: NGram(2, 5).fit(GOOD).next_proba([[1], [2]]), TypeError, "vector"),
        (lambda: NGram(3).fit(GOOD).next_proba(3), TypeError, "ids must be a vector"),
        (lambda: NGram(3).fit(GOOD).log_of(np.zeros(3, int)), ValueError, "rows must be"),
        (lambda: NGram(3).fit(GOOD).log_of([[1, 2]]), ValueError, r"\(1, 2\)"),
        (lambda: NGram(3).fit(GOOD).log_of([[1, 2, 99]]), ValueError, "V is 27"),
        (lambda: NGram(3).fit(GOOD).log_of([[1, -2, 9]]), ValueError, "an id is -2"),
        (lambda: NGram(3).fit(GOOD).log_of([[1.0, 2.0, 9.0]]), TypeError, "integers"),
        (lambda: NGram(3).log_of([[1, 2, 9]]), NotFittedError, "call fit"),
        (lambda: NeuralBigram(steps=1).fit(GOOD).log_of([[1, 27]]), ValueError, "V is 27"),
        (lambda: continuation_counts(np.array([1.5, 2.0]), 3), TypeError, "grams must be"),
        (lambda: kneser_ney(*map(np.ones, (2, 1, 3, 3)), 0.5), ValueError, "lower are"),
        (lambda: NeuralBigram(0), ValueError, "V must"),
        (lambda: NeuralBigram(learning_rate=0), ValueError, "learning_rate"),
        (lambda: NeuralBigram(steps=0), ValueError, "steps"),
        (lambda: NeuralBigram(l2=-1), ValueError, "l2"),
        (lambda: NeuralBigram().log_proba(GOOD), NotFittedError, "call fit"),
        (lambda: NeuralBigram(3).fit(GOOD), ValueError, "V is 3"),
        (lambda: CharMLP(1, rng=RNG), ValueError, "order"),
        (lambda: CharMLP(3), TypeError, "rng"),
        (lambda: CharMLP(3, rng=None), TypeError, "rng must be"),
        (lambda: CharMLP(3, C=0, rng=RNG), ValueError, "C must"),
        (lambda: CharMLP(3, hidden=0, rng=RNG), ValueError, "hidden must be at least 1"),
        (lambda: CharMLP(3, rng=RNG).fit([[27]], 1), ValueError, "V is 27"),
        (lambda: CharMLP(3, rng=RNG).fit(GOOD, 0), ValueError, "epochs"),
        (lambda: CharMLP(3, rng=RNG).log_proba([[28]]), ValueError, "V is 27"),
        (lambda: CharMLP(3, rng=RNG)(np.zeros((2, 3), int)), ValueError, r"\(2, 3\)"),
        (lambda: CharMLP(3, rng=RNG)(np.zeros((0, 2), int)), ValueError, "contexts .* must be"),
        (lambda: CharMLP(3, rng=RNG)(np.zeros(2, int)), ValueError, "contexts .* must be"),
        (lambda: CharMLP(3, rng=RNG).log_of([[1, 2]]), ValueError, r"rows must be \(N, 3\)"),
        (lambda: CharMLP(3, rng=RNG).fit(GOOD, 1, learning_rate=-1), ValueError, "learning_rate"),
        (lambda: CharMLP(3, rng=RNG)(np.zeros((2, 2))), TypeError, "whole numbers"),
    ],
)
def test_bad_input_gets_a_sentence(call, error, says):
    with pytest.raises(error, match=says):
        call()


def test_the_edges_of_kneser_ney():
    nothing = np.zeros(3, int)
    with np.errstate(all="raise"):
        p = kneser_ney(nothing, nothing, nothing, np.full(3, 0.2), 0.75)
    np.testing.assert_array_equal(p, 0.2)
    shorter, counts = continuation_counts(np.array([5]), 1)
    assert shorter.tolist() == [0] and counts.tolist() == [1]
    one = NGram(1, 1).fit(np.zeros(4, int))
    np.testing.assert_array_equal(one.log_proba([0, 0]), 0.0)
