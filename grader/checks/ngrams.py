"""Checks for ngrams."""

import numpy as np

from grader import Explain, Mistake, at_least, check, close, exactly


def names_of(rng, V, count, longest=7):
    """Return names of 1 to `longest` letters, from 1 to V - 1."""
    lengths = rng.integers(1, longest + 1, size=count)
    return [rng.integers(1, V, size=length) for length in lengths]


@check("bigram_counts", expect=exactly)
def pairs_of_names(code, rng):
    """pairs within names, and the 0 before and after each name"""
    return code.bigram_counts(names_of(rng, 5, 30), 5)


@check("bigram_counts", expect=exactly)
def one_name(code):
    """one name, in which a pair comes 400 times; most pairs come never"""
    name = np.append(np.full(401, 2), 3)
    return code.bigram_counts([name], 6), code.bigram_counts([name[-4:]])


@check("bigram_counts", expect=exactly)
def names_without_letters(code):
    """a name without letters is a 0 right after a 0; a list is as good as an array"""
    empty = np.array([], int)
    return code.bigram_counts([empty, [1], empty, empty], 3), code.bigram_counts([[2, 1]], 3)


@check("bigram_counts", expect=exactly)
def a_running_text(code, rng):
    """a text begins after a 0 and has no end; a 0 in it is an id like others"""
    text = np.append(rng.integers(0, 4, size=40), [0, 2, 2])
    return code.bigram_counts(text, 4), code.bigram_counts(np.array([3]), 4)


def by_all(ids):
    """Return probabilities (5,) of which one is 1, by all the ids so far."""
    code = 0
    for i in ids:
        code = (code * 6 + int(i) + 1) % 9973
    return np.eye(5)[0 if len(ids) > 8 else 1 + code * 7 % 11 % 4]


@check("sample_name", expect=exactly)
def where_chance_has_no_say(code, rng):
    """each id is asked for with all ids before it, and appended"""
    starts = [int(i) for i in rng.integers(1, 5, size=3)]

    def next_proba(ids):
        ids = list(ids)
        return np.eye(5)[starts[len(ids)]] if len(ids) < 3 else by_all(ids)

    return code.sample_name(next_proba, rng), code.sample_name(by_all, rng)


@check("sample_name", expect=exactly)
def an_end_at_once(code, rng):
    """a 0 ends the name and is no part of it, even if it comes first"""
    chain = np.array([[0.0, 0, 0, 1], [0, 1, 0, 0], [1, 0, 0, 0], [0, 0, 1, 0]])
    ended = code.sample_name(lambda ids: np.array([1.0, 0.0]), rng)
    return ended, code.sample_name(lambda ids: chain[ids[-1] if len(ids) else 0], rng)


@check("sample_name", expect=exactly)
def as_long_as_allowed(code, rng):
    """a name that does not end has max_length letters; 30 if not told"""
    for_ever = np.array([0.0, 0.0, 1.0])
    told = [code.sample_name(lambda ids: for_ever, rng, length) for length in (100, 1, 0)]
    return told, code.sample_name(lambda ids: for_ever, rng)


@check("sample_name", expect=exactly)
def a_name_that_just_fits(code, rng):
    """of max_length letters, or one less, and then a 0"""
    chain = np.eye(4)[[3, 0, 1, 2]]
    return [code.sample_name(lambda ids: chain[list(ids)[-1:] or [0]][0], rng, n) for n in (3, 4)]


def a_chain(rng):
    """Return a table of probabilities for the scenario and for the score."""
    P = rng.dirichlet(np.full(4, 2.0), size=4) + 0.05
    P[2, 3] = 0.0
    P /= P.sum(1, keepdims=True)
    return {"P": P, "seed": int(rng.integers(2**31))}, P


def fit_of_names(names, P):
    """Return how well pairs of names fit a table: 0 is perfect, -1 about usual."""
    counts = np.zeros(P.shape)
    for name in names.astype(int).tolist():
        end = name.index(0) + 1 if 0 in name else len(name)
        np.add.at(counts, ([0, *name[: end - 1]], name[:end]), 1)
        if any(name[end:]):
            raise ValueError("there are letters after the end of a name")
    expected = counts.sum(1, keepdims=True) * P
    if counts[P == 0].any():
        return -np.inf
    squares = (counts - expected)[P > 0] ** 2 / np.maximum(expected[P > 0], 1e-9)
    return -float(squares.sum()) / 11


@check("sample_name", given=a_chain, expect=at_least(-5.0, fit_of_names, "fit"))
def as_often_as_it_should(code, P, seed):
    """each id comes as often as its probability says; none of probability 0"""
    rng, names = np.random.default_rng(seed), np.zeros((800, 60), int)
    for row in names:
        name = code.sample_name(lambda ids: P[ids[-1] if len(ids) else 0], rng, 60)
        row[: len(name)] = name
    return names


@check("sample_name", expect=exactly)
def from_this_generator(code, rng):
    """all chance comes from rng: equal generators, equal names"""
    seed, even = int(rng.integers(2**31)), np.full(20, 0.05)
    rngs = [np.random.default_rng(seed) for _ in range(2)]
    one, two = ([list(code.sample_name(lambda ids: even, r)) for _ in range(20)] for r in rngs)
    return one == two, len({tuple(name) for name in one}) > 10


@check("perplexity")
def of_a_model(code, rng):
    """one over the geometric mean of the probabilities"""
    p = rng.uniform(0.05, 1, size=50)
    return (
        code.perplexity(np.log(p)),
        code.perplexity(np.log(p[:1])),
        code.perplexity(np.log(p[:2])),
    )


@check("perplexity")
def of_an_even_guess(code, rng):
    """that of V equally likely signs is V; of certainty 1"""
    sizes = [2, 27, int(rng.integers(50, 5000))]
    return [code.perplexity(np.full(10, -np.log(V))) for V in sizes], code.perplexity(np.zeros(4))


@check("perplexity")
def of_a_long_text(code, rng):
    """a hundred thousand letters, whose product of probabilities no float holds"""
    return code.perplexity(np.log(rng.uniform(0.001, 1, size=100_000)))


@check("perplexity")
def of_a_surprise(code):
    """infinite, if a single letter had the probability 0"""
    return code.perplexity(np.array([-0.1, -np.inf, -0.2])), code.perplexity(np.array([-np.inf]))


@check("windows", expect=exactly)
def contexts_of_names(code, rng):
    """two ids before each id and before each end; zeros where a name begins"""
    return code.windows(names_of(rng, 27, 20), 3)


@check("windows", expect=exactly)
def of_any_length(code, rng):
    """one column alone; two; more columns than any name has letters"""
    names = names_of(rng, 9, 6, longest=12)
    names.append(rng.integers(1, 9, size=12))
    return [code.windows(names, n) for n in (1, 2, 5, 9, 15)]


@check("windows", expect=exactly)
def of_a_text(code, rng):
    """a running text has no end, a 0 in it does not begin it anew, and ids may be large"""
    text = np.concatenate(([3, 0, 0, 5], rng.integers(0, 4, size=12), [2999, 70_000]))
    return [code.windows(text, n) for n in (1, 4)], code.windows(np.array([7]), 3)


@check("windows", expect=exactly)
def of_names_without_letters(code):
    """a name without letters has a row for its end"""
    empty = np.array([], int)
    return code.windows([[4], empty, empty, [5, 6]], 3), code.windows([empty], 2, 27)


def grams_of(rng, V, k, count):
    """Return sorted numbers of distinct grams of k ids."""
    return np.unique(rng.integers(0, V**k, size=count))


@check("continuation_counts", expect=exactly)
def different_ids_before(code, rng):
    """how many grams there are with each way to end, their first id aside"""
    return code.continuation_counts(grams_of(rng, 4, 3, 40), 16)


@check("continuation_counts", expect=exactly)
def down_to_one_id(code, rng):
    """pairs become single ids; some come after many, some after none"""
    pairs = np.unique(rng.integers(0, 7, size=30) ** 2 % 11 * 11 + rng.integers(0, 8, size=30))
    return code.continuation_counts(pairs, 11)


@check("continuation_counts", expect=exactly)
def of_many_ids(code, rng):
    """grams of five ids below 5,000, most of which end as no other does"""
    grams = grams_of(rng, 5000, 5, 200)
    others = (grams[:20] + 5000**4 * rng.integers(1, 100, size=20)) % 5000**5
    return code.continuation_counts(np.unique(np.append(grams, others)), 5000**4)


@check("continuation_counts", expect=exactly)
def of_one_gram(code):
    """one gram alone; grams that differ in their first id only"""
    return code.continuation_counts(np.array([57]), 10), code.continuation_counts(
        np.array([3, 13, 23, 93]), 10
    )


def what_tables_hold(model):
    """Return all that the tables of a fitted NGram were made of."""
    return [(table.grams, table.counts, table.V) for table in model.tables_]


@check("NGram.fit", expect=exactly)
def tables_of_names(code, rng):
    """a table for each length, the shortest first; the model is returned"""
    model = code.NGram(3, 5)
    back = model.fit(names_of(rng, 5, 25))
    return what_tables_hold(model), back is model


@check("NGram.fit", expect=exactly)
def orders_one_and_two(code, rng):
    """a single length is counted as it comes; of two, only the longer one"""
    names = names_of(rng, 4, 12)
    return [what_tables_hold(code.NGram(order, 4).fit(names)) for order in (1, 2)]


@check("NGram.fit", expect=exactly)
def of_a_text_with_many_ids(code, rng):
    """five ids of a text, with ids up to 2,999"""
    text = 2990 + rng.integers(0, 10, size=60)
    return what_tables_hold(code.NGram(5, 3000).fit(text))


@check("NGram.fit", expect=exactly)
def fitted_again(code, rng):
    """a second fit forgets the first"""
    model, name = code.NGram(2, 6), [np.array([5, 5, 5])]
    first = what_tables_hold(model.fit(names_of(rng, 6, 20)))
    return first, what_tables_hold(model.fit(name))


@check("NGram.fit")
def what_it_foretells(code, rng):
    """probabilities of other names, with contexts that never came"""
    names, others = names_of(rng, 12, 40), names_of(rng, 12, 10)
    model = code.NGram(4, 12, discount=0.6).fit(names)
    added = code.NGram(2, 12, smoothing=0.5).fit(names)
    return model.log_proba(others), model.next_proba([3, 1]), added.log_proba(others)


def found_in_a_table(rng, n):
    """Return counts, totals, kinds and lower probabilities, as look_up does."""
    count = rng.integers(0, 6, size=n)
    distinct = (count > 0) + rng.integers(1, 5, size=n)
    total = count + distinct + rng.integers(0, 9, size=n)
    return count, total, distinct, rng.uniform(0.001, 0.9, size=n)


@check("kneser_ney")
def of_counts_that_are_there(code, rng):
    """what is left of the count, and the lower order's share of what was taken"""
    count, total, distinct, lower = found_in_a_table(rng, 30)
    return code.kneser_ney(count + 1, total + 1, distinct, lower, 0.75)


@check("kneser_ney")
def of_what_never_came(code, rng):
    """a count of 0 has nothing to give; it gets its share"""
    count, total, distinct, lower = found_in_a_table(rng, 30)
    return [code.kneser_ney(count * 0, total, distinct, lower, d) for d in (0.3, 1.0)]


@check("kneser_ney")
def of_a_context_that_never_came(code, rng):
    """the lower probability as it is, beside contexts that came"""
    count, total, distinct, lower = found_in_a_table(rng, 12)
    never = np.arange(12) % 3 == 0
    parts = [np.where(never, 0, part) for part in (count, total, distinct)]
    nothing = np.zeros(4, int)
    return code.kneser_ney(*parts, lower, 0.5), code.kneser_ney(
        nothing, nothing, nothing, lower[:4], 0.75
    )


@check("kneser_ney", expect=exactly)
def what_it_was_given_is_left_as_it_was(code, rng):
    """none of the four arrays is written into"""
    given = found_in_a_table(rng, 8)
    before = [part.copy() for part in given]
    code.kneser_ney(*given, 0.75)
    return [bool((one == other).all()) for one, other in zip(given, before, strict=True)]


@check("kneser_ney")
def the_whole_of_a_context(code, rng):
    """over all ids nothing is lost: discounts from 0 to 1, and a context that came once"""
    count = rng.integers(0, 5, size=9) * rng.integers(0, 2, size=9)
    count[0], lower, found = 3, rng.dirichlet(np.ones(9)), []
    for counts in (count, np.eye(9, dtype=int)[4]):
        total, distinct = np.full(9, counts.sum()), np.full(9, np.count_nonzero(counts))
        found += [code.kneser_ney(counts, total, distinct, lower, d) for d in (0.0, 0.1, 0.9, 1.0)]
    return found


@check("NeuralBigram.fit")
def a_few_steps(code, rng):
    """scores and losses of some steps from zeros; the model is returned"""
    model = code.NeuralBigram(5, learning_rate=3.0, steps=6)
    back = model.fit(names_of(rng, 5, 25))
    return model.W_, np.asarray(model.losses_), back is model


@check("NeuralBigram.fit")
def one_step(code, rng):
    """one loss, before the step: that of an even guess"""
    model = code.NeuralBigram(7, learning_rate=0.5, steps=1).fit(names_of(rng, 7, 5))
    return np.asarray(model.losses_), model.W_


@check("NeuralBigram.fit")
def with_a_penalty(code, rng):
    """l2 draws the scores to 0, and is no part of losses_"""
    model = code.NeuralBigram(4, learning_rate=2.0, steps=8, l2=0.1)
    model.fit(names_of(rng, 4, 15))
    return model.W_, np.asarray(model.losses_)


@check("NeuralBigram.fit")
def a_row_that_never_came(code):
    """the row of an id that has not come stays at zeros"""
    names = [np.array([1, 3]), np.array([3, 3, 1])]
    model = code.NeuralBigram(5, learning_rate=4.0, steps=5).fit(names)
    return model.W_, np.asarray(model.losses_)


@check("NeuralBigram.fit", expect=close(rtol=1e-5, atol=1e-7))
def the_shares_of_the_counts(code, rng):
    """after many steps, the probabilities are the shares of the counts"""
    model = code.NeuralBigram(3, learning_rate=4.0, steps=1500)
    model.fit(names_of(rng, 3, 60))
    return [model.next_proba(ids) for ids in ([], [1], [2])]


@check("NeuralBigram.fit")
def scores_far_apart(code):
    """steps so large that some probabilities are 0 to all digits; the losses are finite"""
    model = code.NeuralBigram(3, learning_rate=1e4, steps=6)
    model.fit([np.array(name) for name in ([1, 1, 2], [2, 1], [1, 1, 1])])
    return model.W_, np.asarray(model.losses_)


@check("NeuralBigram.fit")
def trained_again(code, rng):
    """a second fit begins from zeros, on a text as on names"""
    model = code.NeuralBigram(6, steps=4)
    model.fit(names_of(rng, 6, 8))
    model.fit(rng.integers(0, 6, size=30))
    return model.W_, np.asarray(model.losses_)


def network(code, rng, *sizes):
    """Return a CharMLP with biases and a last layer that count, in float64."""
    model = code.CharMLP(*sizes, rng=rng)
    for p in model.parameters():
        p.data = rng.normal(size=p.shape)
    return model


@check("CharMLP.forward")
def scores_of_rows(code, rng):
    """a row of V scores for each context"""
    return network(code, rng, 4, 9, 3, 7)(rng.integers(0, 9, size=(6, 3))).data


@check("CharMLP.forward")
def one_row_and_one_id(code, rng):
    """one context alone; contexts of a single id; one unit, one number"""
    one = network(code, rng, 5, 6, 2, 4)(rng.integers(0, 6, size=(1, 4))).data
    two = network(code, rng, 2, 6, 3, 5)(np.array([[0], [5], [0]])).data
    return one, two, network(code, rng, 3, 4, 1, 1)(np.array([[0, 3], [3, 0]])).data


@check("CharMLP.forward")
def slopes_of_all_it_learns(code, rng):
    """every parameter gets its gradient"""
    model = network(code, rng, 3, 5, 2, 4)
    z = model(rng.integers(0, 5, size=(6, 2)))
    z.backward(rng.normal(size=z.shape))
    return [p.grad for p in model.parameters()]


@check("CharMLP.forward", expect=close(rtol=1e-4, atol=1e-5))
def in_float32(code, rng):
    """made anew it has float32, and float32 comes out; nothing is softmaxed"""
    z = code.CharMLP(4, 12, rng=rng)(rng.integers(0, 12, size=(5, 3)))
    return z.data * 10, str(z.dtype)


MISTAKES = [
    Mistake(
        "a pair that comes several times is counted once: += with an array of places",
        in_="bigram_counts",
        old="np.add.at(counts, (before, ids), 1)",
        new="counts[before, ids] += 1",
        lesson="counts[i, j] += 1 reads all places, adds, and writes: of places that are named "
        "twice the last one written stays. np.add.at adds for each.",
    ),
    Mistake(
        "rows and columns are exchanged: what came before is counted under what came next",
        in_="bigram_counts",
        old="(before, ids)",
        new="(ids, before)",
    ),
    Mistake(
        "a text goes round in a circle: its first id is counted after its last",
        in_="bigram_counts",
        old="np.append(0, ids[:-1])",
        new="np.roll(ids, 1)",
        lesson="np.roll brings back in front what falls off at the end. With names nobody sees "
        "it, for there the last id is the 0 that also stands before the first.",
    ),
    Mistake(
        "the first name has no beginning",
        in_="bigram_counts",
        old="before = np.append(0, ids[:-1])",
        new="before, ids = ids[:-1], ids[1:]",
    ),
    Mistake(
        "the ends of names are not counted",
        in_="bigram_counts",
        old="    np.add.at(",
        new="    before, ids = before[ids > 0], ids[ids > 0]\n    np.add.at(",
    ),
    Mistake(
        "the likeliest id is taken, not one by chance",
        in_="sample_name",
        old="sample_categorical(next_proba(ids), 1, rng).item()",
        new="int(np.argmax(next_proba(ids)))",
    ),
    Mistake(
        "the 0 that ends a name is left on it",
        in_="sample_name",
        old="        if drawn == 0:\n            break\n        ids.append(drawn)",
        new="        ids.append(drawn)\n        if drawn == 0:\n            break",
    ),
    Mistake(
        "only the last id is handed to next_proba, as if all models were bigrams",
        in_="sample_name",
        old="next_proba(ids)",
        new="next_proba(ids[-1:])",
    ),
    Mistake(
        "a name may have one letter more than max_length",
        in_="sample_name",
        old="len(ids) < max_length",
        new="len(ids) <= max_length",
    ),
    Mistake(
        "the 0 before a name is handed to next_proba as if it were a letter",
        in_="sample_name",
        old="next_proba(ids)",
        new="next_proba([0, *ids])",
    ),
    Mistake(
        "all ids that may come are equally likely",
        in_="sample_name",
        old="sample_categorical(next_proba(ids), 1, rng)",
        new="sample_categorical(np.asarray(next_proba(ids)) > 0, 1, rng)",
    ),
    Mistake(
        "each name is drawn by a new generator from the same seed: all are the same name",
        in_="sample_name",
        old="    while len(ids)",
        new="    rng = np.random.default_rng(0)\n    while len(ids)",
    ),
    Mistake(
        "the minus is missing, so that a better model has the larger number",
        in_="perplexity",
        old="-log_p.mean()",
        new="log_p.mean()",
    ),
    Mistake(
        "the mean is one of 1 / p, not of the logarithms",
        in_="perplexity",
        old="np.exp(-log_p.mean())",
        new="np.exp(-log_p).mean()",
        lesson="exp of a mean and mean of an exp are alike only where all numbers are. One "
        "letter of probability 1/1000 among many makes the second a hundred times too large.",
    ),
    Mistake(
        "the mean is one of the probabilities, not of their logarithms",
        in_="perplexity",
        old="np.exp(-log_p.mean())",
        new="1 / np.exp(log_p).mean()",
    ),
    Mistake(
        "the logarithms are added up, and not divided by how many there are",
        in_="perplexity",
        old="log_p.mean()",
        new="log_p.sum()",
    ),
    Mistake(
        "it is a power of 2, though the logarithms are natural ones",
        in_="perplexity",
        old="np.exp(",
        new="np.exp2(",
    ),
    Mistake(
        "the probabilities are multiplied, and in a long text their product is 0",
        in_="perplexity",
        old="np.exp(-log_p.mean())",
        new="np.prod(np.exp(log_p)) ** (-1 / len(log_p))",
        lesson="A float goes down to about 1e-308, and a few hundred letters are less likely. "
        "Logarithms are added where probabilities would be multiplied.",
    ),
    Mistake(
        "contexts reach back into the name before",
        in_="windows",
        old="np.flatnonzero(place >= back)",
        new="np.arange(back, len(ids))",
        lesson="Laid end to end, names have neighbours that they never had. With a context of "
        "one id nobody sees it, for before each name stands the 0 of the one before.",
    ),
    Mistake(
        "the context stands in the order from near to far",
        in_="windows",
        old="rows[i, n - 1 - back]",
        new="rows[i, back - 1]",
    ),
    Mistake(
        "the first id of a name is never seen by what comes after it",
        in_="windows",
        old="place >= back",
        new="place >= back + (back > 0)",
    ),
    Mistake(
        "what came next is not in the rows",
        in_="windows",
        old="for back in range(n):",
        new="for back in range(1, n):",
    ),
    Mistake(
        "the farthest column is left at zero",
        in_="windows",
        old="for back in range(n):",
        new="for back in range(max(1, n - 1)):",
    ),
    Mistake(
        "the rows hold small integers, and large ids do not fit into them",
        in_="windows",
        old="return rows",
        new="return rows.astype(np.int8)",
    ),
    Mistake(
        "the first id is kept, and the others are dropped",
        in_="continuation_counts",
        old="grams % size",
        new="grams // size",
    ),
    Mistake(
        "every shorter gram counts once, after however many ids it came",
        in_="continuation_counts",
        old="return np.unique(grams % size, return_counts=True)",
        new="shorter = np.unique(grams % size)\n    return shorter, np.ones_like(shorter)",
    ),
    Mistake(
        "the places where they stand first are returned in place of the counts",
        in_="continuation_counts",
        old="return_counts=True",
        new="return_index=True",
    ),
    Mistake(
        "the shorter grams are not made distinct",
        in_="continuation_counts",
        old="return np.unique(grams % size, return_counts=True)",
        new="return np.sort(grams % size), np.ones_like(grams)",
    ),
    Mistake(
        "shorter grams are counted by how often they come, not by what came before them",
        in_="NGram.fit",
        old="grams, counts = continuation_counts(grams, V ** (k - 1))",
        new="grams, counts = np.unique(as_grams(windows(sequences, k - 1, V), V), "
        "return_counts=True)",
        lesson="An id that comes often, but after one other only, is no likely guess after a "
        "third. For a shorter context the question is not how often, but after how many.",
    ),
    Mistake(
        "the tables stand with the longest grams first",
        in_="NGram.fit",
        old="tables[::-1]",
        new="tables",
    ),
    Mistake(
        "the table of single ids is missing",
        in_="NGram.fit",
        old="range(order, 1, -1)",
        new="range(order, 2, -1)",
    ),
    Mistake(
        "nothing is dropped from a gram: the size is that of the longer ones",
        in_="NGram.fit",
        old="V ** (k - 1)",
        new="V**k",
    ),
    Mistake(
        "every gram of the longest counts once, however often it came",
        in_="NGram.fit",
        old="tables = [CountTable(grams, counts, V)]",
        new="tables = [CountTable(grams, np.ones_like(counts), V)]",
    ),
    Mistake(
        "nothing is returned",
        in_="NGram.fit",
        old="        return self",
        new="        return None",
    ),
    Mistake(
        "all shorter tables are made from the longest grams, not each from the next longer",
        in_="NGram.fit",
        old="continuation_counts(grams, V ** (k - 1))",
        new="continuation_counts(tables[0].grams, V ** (k - 1))",
    ),
    Mistake(
        "ids are taken to be 27, whatever V is",
        in_="NGram.fit",
        old="V ** (k - 1)",
        new="27 ** (k - 1)",
    ),
    Mistake(
        "a gram that never came has a discount taken off, and less than nothing left",
        in_="kneser_ney",
        old="np.maximum(count - discount, 0)",
        new="count - discount",
    ),
    Mistake(
        "one discount is given away, though each kind gave one",
        in_="kneser_ney",
        old="discount * distinct * lower",
        new="discount * lower",
        lesson="What is taken must be what is given: one discount from each of the kinds that "
        "came. Add up p over all ids; it must be 1.",
    ),
    Mistake(
        "nothing is taken off the counts, so that the probabilities add up to more than 1",
        in_="kneser_ney",
        old="np.maximum(count - discount, 0)",
        new="count",
    ),
    Mistake(
        "a context that never came leaves the probability 0",
        in_="kneser_ney",
        old="np.where(total > 0, p, lower)",
        new="np.where(total > 0, p, 0.0)",
    ),
    Mistake(
        "the shorter context is asked only where the gram never came",
        in_="kneser_ney",
        old="    return np.where(total > 0, p, lower)",
        new="    p = np.where(count > 0, left / np.maximum(total, 1), p)\n"
        "    return np.where(total > 0, p, lower)",
    ),
    Mistake(
        "what was taken is spread evenly, and the shorter context is not asked",
        in_="kneser_ney",
        old="discount * distinct * lower",
        new="discount * distinct / len(count)",
    ),
    Mistake(
        "the array of lower probabilities is written into, and its owner loses it",
        in_="kneser_ney",
        old="    p = (left + discount * distinct * lower) / np.maximum(total, 1)\n"
        "    return np.where(total > 0, p, lower)",
        new="    share = np.where(total > 0, discount * distinct / np.maximum(total, 1), 1)\n"
        "    lower *= share\n"
        "    return left / np.maximum(total, 1) + lower",
    ),
    Mistake(
        "the steps go uphill",
        in_="NeuralBigram.fit",
        old="W -= self.learning_rate",
        new="W += self.learning_rate",
    ),
    Mistake(
        "each row counts the same, however often its id came",
        in_="NeuralBigram.fit",
        old="(after * np.exp(log_p) - counts) / N",
        new="(np.exp(log_p) - counts / np.maximum(after, 1)) / self.V",
    ),
    Mistake(
        "what was foretold is not multiplied by how often it was asked for",
        in_="NeuralBigram.fit",
        old="after * np.exp(log_p)",
        new="np.exp(log_p)",
    ),
    Mistake(
        "the gradient is a sum, not a mean",
        in_="NeuralBigram.fit",
        old="(after * np.exp(log_p) - counts) / N",
        new="(after * np.exp(log_p) - counts)",
    ),
    Mistake(
        "the penalty is left out",
        in_="NeuralBigram.fit",
        old=" + self.l2 * W",
        new="",
    ),
    Mistake(
        "each loss is that after the step",
        in_="NeuralBigram.fit",
        old="            losses[step] = -(counts * log_p).sum() / N\n"
        "            gradient = (after * np.exp(log_p) - counts) / N + self.l2 * W\n"
        "            W -= self.learning_rate * gradient\n",
        new="            gradient = (after * np.exp(log_p) - counts) / N + self.l2 * W\n"
        "            W -= self.learning_rate * gradient\n"
        "            losses[step] = -(counts * log_softmax(W)).sum() / N\n",
    ),
    Mistake(
        "losses_ hold sums, not means",
        in_="NeuralBigram.fit",
        old="(counts * log_p).sum() / N",
        new="(counts * log_p).sum()",
    ),
    Mistake(
        "the logarithm is taken of a softmax whose exp overflows, or of one that has come to 0",
        in_="NeuralBigram.fit",
        old="log_p = log_softmax(W)  # (V, V)",
        new="log_p = np.log(np.exp(W) / np.exp(W).sum(1, keepdims=True))",
        lesson="exp of a score above 709 is infinite, and a quotient of infinities is NaN; a "
        "share below 1e-323 is 0. Take the largest score of a row off first, and never "
        "leave the logarithms: that is what log_softmax does.",
    ),
    Mistake(
        "the hidden layer has no bend, so that the whole is one linear layer",
        in_="CharMLP.forward",
        old="self.out(nn.gelu(self.hidden(x)))",
        new="self.out(self.hidden(x))",
    ),
    Mistake(
        "the bend comes after the last layer",
        in_="CharMLP.forward",
        old="self.out(nn.gelu(self.hidden(x)))",
        new="nn.gelu(self.out(self.hidden(x)))",
    ),
    Mistake(
        "the vectors of a row are woven together, not set end to end",
        in_="CharMLP.forward",
        old="x = x.reshape(len(contexts), -1)",
        new="x = x.swapaxes(1, 2).reshape(len(contexts), -1)",
    ),
    Mistake(
        "the table of vectors is cut off from the gradient, and is not learned",
        in_="CharMLP.forward",
        old="x = self.embedding(contexts)",
        new="x = self.embedding(contexts).detach()",
    ),
    Mistake(
        "softmax is taken here, and cross_entropy will take it again",
        in_="CharMLP.forward",
        old="return self.out(nn.gelu(self.hidden(x)))",
        new="z = self.out(nn.gelu(self.hidden(x))).exp()\n"
        "        return z / z.sum(-1, keepdims=True)",
    ),
]

EXPLAIN = [
    Explain(
        "perplexity",
        why="the mean is one of 1 / p, not of the logarithms",
        causes={
            "the minus is missing": "It is there, before log_p.",
            "the logarithms would have to be of base 2": "They are natural ones, and exp undoes "
            "them. With base 2 in both places the perplexity would be the same.",
            "the product of the probabilities has come to 0": "No product is taken: each 1 / p "
            "stands for itself.",
        },
        takes="`log_p` are natural logarithms of probabilities, none above 0; out comes their "
        "perplexity.",
        call=lambda code, log_p: code.perplexity(log_p),
        example={"log_p": [-1.0, -1.0, -1.0]},
        witness={"log_p": [-1.0, -3.0]},
    ),
    Explain(
        "circle",
        why="a text goes round in a circle: its first id is counted after its last",
        causes={
            "rows and columns are exchanged": "The first of the two indices is what came before, "
            "as it should be.",
            "a pair that comes twice is counted once": "np.add.at counts each of them.",
            "the last id of the text is counted twice": "As the second of a pair each id is "
            "counted once. What stands before the first one is the question.",
        },
        takes="`text` is a running text of ids from 0 to 3; out come its `bigram_counts`, four "
        "rows of four.",
        call=lambda code, text: code.bigram_counts(text, 4),
        example={"text": [1, 2, 2, 0]},
        witness={"text": [1, 2]},
    ),
    Explain(
        "neighbours",
        why="contexts reach back into the name before",
        causes={
            "the context stands in the order from near to far": "Column n - 1 - back is the "
            "farther to the left, the farther back it looks.",
            "the first id of a name is never seen by what comes after it": "It is: nothing that "
            "should be in the rows is missing.",
            "ends of names have no row": "Each 0 in ids has one, for ids is the last column.",
        },
        takes="`names` is a table of ids from 1 on, a name in each row, and `n` how long windows "
        "are; out come the `windows`.",
        call=lambda code, names, n: code.windows(names, n),
        example={"names": [[1, 2, 3], [4, 5, 6]], "n": 2},
        witness={"names": [[1, 2, 3], [4, 5, 6]], "n": 3},
    ),
]
