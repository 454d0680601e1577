"""Checks for naive Bayes."""

import numpy as np

from grader import Explain, Mistake, check, close, exactly, same_set

SKLEARN = ["sklearn.naive_bayes", "sklearn.feature_extraction.text"]


def reordered(rng, text):
    """Return a text whose pieces between spaces are in a random order."""
    return " ".join(rng.permutation(text.split()).tolist())


@check("tokenize", expect=exactly)
def small_letters(code, rng):
    """words in small letters, in the order of the text, one of a single letter too"""
    return code.tokenize(reordered(rng, "I bought a Box; I liked it. Would I buy 2 more? YES"))


@check("tokenize", expect=exactly)
def apostrophes(code, rng):
    """an apostrophe inside a word belongs to it, straight or curly, however many there are"""
    return code.tokenize(reordered(rng, "Don't stop rock'n'roll, it’s what she’d’ve wanted"))


@check("tokenize", expect=exactly)
def quotation_marks(code, rng):
    """an apostrophe at the edge of a word, or two in a row, do not belong to it, nor other signs"""
    text = "'tis the dogs' bowl -- \"good-ish\" ('fine') '' don''t"
    return code.tokenize(reordered(rng, text))


@check("tokenize", expect=exactly)
def other_letters(code):
    """letters of any alphabet, digits and underscores make words; small letters, nothing else"""
    text = "Crème brûlée: ÉTÉ 2024, user_name; Добрый день! Straße, Καλημέρα; お茶"
    return code.tokenize(text)


@check("tokenize", expect=exactly)
def nothing_to_read(code):
    """a text without words, and the empty text, have none"""
    return [code.tokenize(text) for text in ("", " ...! ", "'")]


@check("character_ngrams", expect=same_set)
def runs_of_a_text(code):
    """all runs of 1 to 3 characters, spaces in front and behind too, each as often as it occurs"""
    return code.character_ngrams("banana")


@check("character_ngrams", expect=same_set)
def runs_of_other_lengths(code, rng):
    """all runs of the lengths asked for, both ends included"""
    word = "".join(rng.choice(list("abc"), 9))
    return code.character_ngrams(word, low=2, high=4)


@check("character_ngrams", expect=same_set)
def white_space(code):
    """capitals become small, and any white space in the text one space"""
    return code.character_ngrams("  Ab\n\n C\tü ", 2, 3)


@check("character_ngrams", expect=same_set)
def signs_and_rare_spaces(code):
    """signs and all letters stay; every kind of white space is one; runs may be long"""
    return code.character_ngrams("Groß!\r\u00a0\vZu\u2003er\f", 2, 6)


@check("character_ngrams", expect=same_set)
def short_texts(code):
    """a text shorter than the runs has none of them"""
    return code.character_ngrams("x", low=3, high=5)


@check("character_ngrams", expect=exactly)
def texts_of_nothing(code):
    """an empty text has no runs, and one of white space has none either"""
    return [sorted(code.character_ngrams(text)) for text in ("", " \n ")]


def shuffled_documents(rng):
    """Return documents, in words by chance, of which repeats would change which are kept."""
    documents = [
        ["tea", "tea", "tea", "tea", "sweet"],
        ["salt", "sweet", "bread", "zest"],
        ["bread", "salt", "sweet", "apple"],
        ["zest", "cake", "bread"],
        ["apple", "sweet"],
        [],
    ]
    words = sorted({word for document in documents for word in document})
    stands_for = dict(zip(words, rng.permutation(words).tolist(), strict=True))
    drawn = [[stands_for[word] for word in documents[i]] for i in rng.permutation(6)]
    return [list(rng.permutation(document)) for document in drawn]


def plain_words(documents):
    """Return documents of plain str."""
    return [[str(word) for word in document] for document in documents]


@check("build_vocabulary", expect=exactly, forbids=SKLEARN)
def whole_vocabulary(code, rng):
    """every word has a column, from 0 on in alphabetical order"""
    return code.build_vocabulary(plain_words(shuffled_documents(rng)))


@check("build_vocabulary", expect=exactly, forbids=SKLEARN)
def words_of_enough_documents(code, rng):
    """a word must stand in min_documents documents, however often it stands in one"""
    documents = plain_words(shuffled_documents(rng))
    return [code.build_vocabulary(documents, min_documents=m) for m in (2, 3, 4)]


@check("build_vocabulary", expect=exactly, forbids=SKLEARN)
def largest_vocabulary(code, rng):
    """of too many words, those in the most documents stay; among equals, the alphabet decides"""
    documents = plain_words(shuffled_documents(rng))
    equals = plain_words([rng.permutation(list("abcdefghijkl"))])
    chosen = [code.build_vocabulary(documents, max_size=m) for m in (1, 2, 3, 5, 100)]
    return [*chosen, code.build_vocabulary(equals, max_size=5)]


@check("build_vocabulary", expect=exactly, forbids=SKLEARN)
def words_as_they_are(code):
    """both limits at once; " t", "t" and "T" are three words; equal documents count one by one"""
    documents = [["t", " t", "Zest", "Zest"], ["t", "apple", " t"], ["t", "apple", " t"]]
    documents += [["t", "Zest", "bun"], ["bun", "T", "T", "T"]]
    limits = [(2, 100), (3, 1), (1, 3), (2, 4), (4, 3)]
    return {
        "vocabularies": [code.build_vocabulary(documents, m, most) for m, most in limits],
        "the documents afterwards": documents,
    }


@check("build_vocabulary", expect=exactly, forbids=SKLEARN)
def too_rare(code):
    """where no word is common enough, the vocabulary is empty"""
    return code.build_vocabulary([["a", "a"], ["b"]], min_documents=2)


WORDS = {"bread": 0, "cake": 1, "salt": 2, "tea": 3}


@check("count_words", forbids=SKLEARN)
def repeated_words(code, rng):
    """a word is counted as often as the document says it"""
    documents = [list(rng.choice(sorted(WORDS), size=n)) for n in (9, 14, 12)]
    return code.count_words(plain_words(documents), dict(WORDS))


@check("count_words", forbids=SKLEARN)
def unseen_words(code):
    """words that are not in the vocabulary are passed over, and an empty document is zeros"""
    return code.count_words([["tea", "milk", "tea"], [], ["milk"], ["bread"]], dict(WORDS))


@check("count_words", forbids=SKLEARN)
def said_hundreds_of_times(code):
    """300 times are 300, in float32; the documents and the vocabulary stay as they are"""
    documents, vocabulary = [["tea"] * 300 + ["salt"], ["milk", "cake", "cake"]], dict(WORDS)
    X = code.count_words(documents, vocabulary)
    return {
        "X": X,
        "dtype": str(np.asarray(X).dtype),
        "the documents afterwards": documents,
        "the vocabulary afterwards": vocabulary,
    }


@check("count_words", forbids=SKLEARN)
def columns_of_words(code, rng):
    """each word is counted in the column that the vocabulary says"""
    columns = np.roll(np.arange(4), rng.integers(1, 4)).tolist()  # never the alphabet's
    vocabulary = dict(zip(WORDS, columns, strict=True))
    return code.count_words([["cake", "tea", "tea"], ["salt"]], vocabulary)


def counts(rng, n=12, d=5):
    """Return counts (n, d) and unbalanced labels (n,): 0, 1 and 2 in no order."""
    X = rng.poisson(1.0, size=(n, d)).astype(float)
    X[0, 0], X[1, 1] = 3, 4  # whatever was drawn
    y = np.array([0, 1, 2, 0, 0, 0, 1, 0, 0, 1, 0, 0])[:n]
    order = rng.permutation(n)
    return X[order], y[order]


@check("tfidf", forbids=SKLEARN)
def weights_of_words(code, rng):
    """counts times the weight of the word, each row of length one, and the weights themselves"""
    return code.tfidf(counts(rng, n=7, d=4)[0])


@check("tfidf", forbids=SKLEARN)
def given_weights(code, rng):
    """weights that are given are used and returned, and the counts given are not changed"""
    X, _ = counts(rng)
    return code.tfidf(X, idf=rng.uniform(1, 3, size=5)), X


@check("tfidf", forbids=SKLEARN)
def empty_document(code, rng):
    """a row of zeros stays one, the smallest other row gets length one, all words have a weight"""
    X, _ = counts(rng)
    X[4, 0] = 3  # whatever was drawn
    X[3], X[4], X[:, 2] = 0, X[4] * 1e-8, 0
    return code.tfidf(X)


@check("tfidf", expect=close(1e-4, 1e-6), forbids=SKLEARN)
def weights_in_single_precision(code, rng):
    """float32 stays float32"""
    Z, idf = code.tfidf(counts(rng)[0].astype(np.float32))
    return Z, {"Z": str(np.asarray(Z).dtype), "idf": str(np.asarray(idf).dtype)}


def clouds(rng, n=20, d=3):
    """Return X (n, d) in three clouds of different width, and unbalanced labels."""
    y = rng.permutation(np.repeat([0, 1, 2], [n // 2, n // 4, n - n // 2 - n // 4]))
    return rng.normal(size=(n, d)) * (1.0 + y[:, None]) + 2.0 * y[:, None], y


def curves_of(model):
    """Return what GaussianNB.fit learns, by name."""
    return {name: getattr(model, name) for name in ("mean_", "variance_", "log_prior_")}


@check("GaussianNB.fit", forbids=SKLEARN)
def moments(code, rng):
    """mean and variance of each feature in each class, and the log of each class's share"""
    return curves_of(code.GaussianNB(smoothing=0.1).fit(*clouds(rng)))


@check("GaussianNB.fit", forbids=SKLEARN)
def class_of_one(code, rng):
    """a class of one sample has the smallest variance there is, and so has a constant feature"""
    X, y = rng.normal(size=(6, 2)), np.array([1, 0, 0, 2, 2, 0])
    X[[1, 2, 5], 1] = 0.5
    return curves_of(code.GaussianNB(smoothing=0.01).fit(X, y))


@check("GaussianNB.fit", forbids=SKLEARN)
def far_from_zero(code, rng):
    """numbers in the millions that differ by ones have a variance all the same"""
    X, y = clouds(rng)
    return curves_of(code.GaussianNB(smoothing=0.01).fit(X + 5e6, y))


@check("GaussianNB.fit", forbids=SKLEARN)
def named_classes(code, rng):
    """labels may be words; fit follows the alphabet, returns the model, and forgets earlier fits"""
    X, y = clouds(rng)
    model = code.GaussianNB()
    model.fit(1 - 2 * X, (y + 1) % 3)  # shapes and classes as many as below
    same = model.fit(X, np.array(["wren", "crow", "owl"])[y])
    returned = {"does fit return the model": same is model, "classes_": model.classes_}
    return returned | curves_of(model)


@check("GaussianNB.fit", expect=close(1e-4, 1e-6), forbids=SKLEARN)
def moments_in_single_precision(code, rng):
    """float32 stays float32"""
    X, y = clouds(rng)
    learned = curves_of(code.GaussianNB().fit(X.astype(np.float32), y))
    dtypes = {f"dtype of {name}": str(np.asarray(a).dtype) for name, a in learned.items()}
    return {"mean_": learned["mean_"]} | dtypes


def gaussian(code, rng, k=3, d=2):
    """Return a model that has learned these curves."""
    model = code.GaussianNB()
    model.classes_ = np.arange(k)
    model.mean_, model.variance_ = rng.normal(size=(k, d)), rng.uniform(0.2, 3, size=(k, d))
    model.log_prior_ = np.log(rng.dirichlet(np.ones(k)))
    return model


@check("GaussianNB.predict_log_proba", forbids=SKLEARN)
def posterior(code, rng):
    """prior times the densities of all features, brought to the sum one, as logarithms"""
    model = gaussian(code, rng)
    return model.predict_log_proba(rng.normal(size=(5, 2)))


@check("GaussianNB.predict_log_proba", forbids=SKLEARN)
def far_out(code, rng):
    """a thousand features, or a sample far from all classes: the logarithms stay finite"""
    wide = gaussian(code, rng, k=2, d=1000)
    narrow = gaussian(code, rng, k=3, d=1)
    X = np.array([[1e3], [-1e5]])
    return wide.predict_log_proba(rng.normal(size=(2, 1000))), narrow.predict_log_proba(X)


@check("GaussianNB.predict_log_proba", forbids=SKLEARN)
def narrow_and_wide(code, rng):
    """no product of variances, of a thousandth or a thousand, fits in a float, nor is any needed"""
    model, X = gaussian(code, rng, k=3, d=500), rng.normal(size=(4, 500))
    answers = {}
    for size in (1e-3, 1e3):
        model.variance_ = size * rng.uniform(0.5, 2, size=(3, 500))
        answers[f"variances around {size:g}"] = model.predict_log_proba(X * np.sqrt(size))
    return answers


@check("GaussianNB.predict_log_proba", forbids=SKLEARN)
def all_in_the_millions(code, rng):
    """what counts is the distance from the mean, even where both are in the millions"""
    model = gaussian(code, rng)
    model.mean_ = model.mean_ + 5e6
    return model.predict_log_proba(rng.normal(size=(5, 2)) + 5e6)


@check("GaussianNB.predict_log_proba", forbids=SKLEARN)
def asked_again(code, rng):
    """each answer is that of the samples and the curves of now, not of an earlier call"""
    model, other = gaussian(code, rng), gaussian(code, rng)
    X = rng.normal(size=(2, 5, 2))
    answers = {"first samples": model.predict_log_proba(X[0])}
    answers["other samples"] = model.predict_log_proba(X[1])
    for name, value in curves_of(other).items():
        setattr(model, name, value)
    return answers | {"other curves": model.predict_log_proba(X[1])}


@check("GaussianNB.predict_log_proba", forbids=SKLEARN)
def one_sample(code, rng):
    """a single sample has a posterior too"""
    return gaussian(code, rng, k=4, d=3).predict_log_proba(rng.normal(size=(1, 3)))


@check("GaussianNB.predict_log_proba", expect=close(1e-4, 1e-5), forbids=SKLEARN)
def posterior_in_single_precision(code, rng):
    """float32 stays float32"""
    model = gaussian(code, rng)
    for name in ("mean_", "variance_", "log_prior_"):
        setattr(model, name, getattr(model, name).astype(np.float32))
    log_p = model.predict_log_proba(rng.normal(size=(4, 2)).astype(np.float32))
    return log_p, str(np.asarray(log_p).dtype)


def weights_of(model):
    """Return what the models of counts learn, by name."""
    return {"W_": model.W_, "b_": model.b_}


def dtypes_of(model):
    """Return W_ and the kind of float of what the models of counts learn."""
    dtypes = {f"dtype of {name}": str(np.asarray(a).dtype) for name, a in weights_of(model).items()}
    return {"W_": model.W_} | dtypes


@check("MultinomialNB.fit", forbids=SKLEARN)
def bags(code, rng):
    """W_ is the log-probability of each word in each class, b_ the log of each class's share"""
    return weights_of(code.MultinomialNB().fit(*counts(rng)))


@check("MultinomialNB.fit", forbids=SKLEARN)
def other_priors(code, rng):
    """the prior has seen every word alpha times, whatever alpha is, one that nobody says too"""
    X, y = counts(rng)
    X[:, 2] = 0
    alphas = (1e-20, 2.5, 1e4)
    return {f"alpha {a:g}": weights_of(code.MultinomialNB(alpha=a).fit(X, y)) for a in alphas}


@check("MultinomialNB.fit", forbids=SKLEARN)
def class_without_words(code, rng):
    """a class of empty documents thinks all words equally likely; counts need not be whole"""
    X, y = counts(rng)
    X[y == 1] = 0
    return weights_of(code.MultinomialNB(alpha=0.5).fit(X / 4, y))


@check("MultinomialNB.fit", forbids=SKLEARN)
def named_bags(code, rng):
    """labels may be words; fit follows the alphabet, returns the model, and forgets earlier fits"""
    X, y = counts(rng)
    model = code.MultinomialNB()
    model.fit(np.roll(X, 5) * (X < 2), (y + 1) % 3)  # shapes and classes as many as below
    same = model.fit(X, np.array(["wren", "crow", "owl"])[y])
    returned = {"does fit return the model": same is model, "classes_": model.classes_}
    return returned | weights_of(model)


@check("MultinomialNB.fit", expect=close(1e-4, 1e-6), forbids=SKLEARN)
def bags_in_single_precision(code, rng):
    """float32 stays float32"""
    X, y = counts(rng)
    return dtypes_of(code.MultinomialNB().fit(X.astype(np.float32), y))


@check("BernoulliNB.fit", forbids=SKLEARN)
def words_there_and_not(code, rng):
    """b_ holds the prior and all log(1 - p), and W_ what a word that occurs makes of it"""
    return weights_of(code.BernoulliNB().fit(*counts(rng)))


@check("BernoulliNB.fit", forbids=SKLEARN)
def two_outcomes(code, rng):
    """the prior has seen each word alpha times there and alpha times missing; a quarter is there"""
    X, y = counts(rng)
    alphas = (0.01, 2.5, 1e4)
    return {f"alpha {a:g}": weights_of(code.BernoulliNB(alpha=a).fit(X / 4, y)) for a in alphas}


@check("BernoulliNB.fit", forbids=SKLEARN)
def words_of_all_and_of_none(code, rng):
    """a word in all documents of a class, or in none, leaves all finite, however small alpha is"""
    X, y = counts(rng)
    X[y == 1, 0], X[y == 0, 1] = 2, 0
    alphas = (0.5, 1e-20)
    return {f"alpha {a:g}": weights_of(code.BernoulliNB(alpha=a).fit(X, y)) for a in alphas}


@check("BernoulliNB.fit", forbids=SKLEARN)
def named_documents(code, rng):
    """labels may be words; fit follows the alphabet, returns the model, and forgets earlier fits"""
    X, y = counts(rng)
    model = code.BernoulliNB()
    model.fit(np.roll(X, 5) * (X < 2), (y + 1) % 3)  # shapes and classes as many as below
    same = model.fit(X, np.array(["wren", "crow", "owl"])[y])
    returned = {"does fit return the model": same is model, "classes_": model.classes_}
    return returned | weights_of(model)


@check("BernoulliNB.fit", expect=close(1e-4, 1e-5), forbids=SKLEARN)
def documents_in_single_precision(code, rng):
    """float32 stays float32"""
    X, y = counts(rng)
    return dtypes_of(code.BernoulliNB().fit(X.astype(np.float32), y))


FIND = 're.findall(r"\\w+(?:\'\\w+)*", text)'

MISTAKES = [
    Mistake(
        "capitals are kept, so that Great and great are two words",
        in_="tokenize",
        old="text.lower()",
        new="text",
    ),
    Mistake(
        "the curly apostrophe cuts a word in two",
        in_="tokenize",
        old='.replace("\\u2019", "\'")',
        new="",
    ),
    Mistake(
        "every apostrophe cuts a word in two",
        in_="tokenize",
        old="(?:'\\w+)*",
        new="",
    ),
    Mistake(
        "a word may have one apostrophe only",
        in_="tokenize",
        old="(?:'\\w+)*",
        new="(?:'\\w+)?",
    ),
    Mistake(
        "apostrophes at the edge of a word stick to it",
        in_="tokenize",
        old=FIND,
        new='re.findall(r"[\\w\']+", text)',
    ),
    Mistake(
        "two apostrophes in a row do not cut a word",
        in_="tokenize",
        old="(?:'",
        new="(?:'+",
    ),
    Mistake(
        "casefold turns ß into ss: it is made for comparing words, not for writing them",
        in_="tokenize",
        old="lower()",
        new="casefold()",
    ),
    Mistake(
        "the text is cut at spaces only, so that signs stick to the words",
        in_="tokenize",
        old=FIND,
        new="text.split()",
    ),
    Mistake(
        "it knows the letters a to z only",
        in_="tokenize",
        old=FIND,
        new='re.findall(r"[a-z0-9_]+(?:\'[a-z0-9_]+)*", text)',
    ),
    Mistake(
        "digits are no part of words",
        in_="tokenize",
        old=FIND,
        new='re.findall(r"[^\\W\\d]+(?:\'[^\\W\\d]+)*", text)',
    ),
    Mistake(
        "words of one letter are dropped",
        in_="tokenize",
        old=FIND,
        new='re.findall(r"\\w\\w+(?:\'\\w+)*", text)',
    ),
    Mistake(
        "cutting at the signs leaves empty words at the ends of the text",
        in_="tokenize",
        old=FIND,
        new='re.split(r"[^\\w\']+", text)',
    ),
    Mistake(
        "capitals are kept",
        in_="character_ngrams",
        old="text.lower()",
        new="text",
    ),
    Mistake(
        "casefold turns ß into ss: it is made for comparing words, not for writing them",
        in_="character_ngrams",
        old="lower()",
        new="casefold()",
    ),
    Mistake(
        "signs are dropped, although they are characters too",
        in_="character_ngrams",
        old="text.lower()",
        new='re.sub(r"[^\\w\\s]", "", text.lower())',
    ),
    Mistake(
        "there is no space in front and behind",
        in_="character_ngrams",
        old='f" {words} " if words else ""',
        new="words",
    ),
    Mistake(
        "each word is cut by itself, so that no run goes over a space",
        in_="character_ngrams",
        old='    text = f" {words} " if words else ""\n    return [\n        text[i : i + n]\n'
        "        for n in range(low, high + 1)\n        for i in range(len(text) - n + 1)\n    ]",
        new='    return [f" {w} "[i : i + n] for w in words.split()\n'
        "            for n in range(low, high + 1) for i in range(len(w) + 3 - n)]",
    ),
    Mistake(
        "white space stays as it is in the text",
        in_="character_ngrams",
        old='" ".join(text.lower().split())',
        new="text.lower()",
    ),
    Mistake(
        "an empty text gets its two spaces too, and so has runs",
        in_="character_ngrams",
        old=' if words else ""',
        new="",
    ),
    Mistake(
        "the longest runs are missing: range leaves out its end",
        in_="character_ngrams",
        old="high + 1",
        new="high",
    ),
    Mistake(
        "the last run of each length is missing",
        in_="character_ngrams",
        old="len(text) - n + 1",
        new="len(text) - n",
    ),
    Mistake(
        "past the end of the text runs are cut short, and counted",
        in_="character_ngrams",
        old="len(text) - n + 1",
        new="len(text)",
    ),
    Mistake(
        "only the longest runs are taken",
        in_="character_ngrams",
        old="range(low, high + 1)",
        new="[high]",
    ),
    Mistake(
        "every run is listed once, however often it occurs",
        in_="character_ngrams",
        old="    return [\n        text[i : i + n]\n        for n in range(low, high + 1)\n"
        "        for i in range(len(text) - n + 1)\n    ]",
        new="    return sorted({text[i : i + n] for n in range(low, high + 1)\n"
        "                   for i in range(len(text) - n + 1)})",
    ),
    Mistake(
        "a word is counted as often as a document says it, not once a document",
        in_="build_vocabulary",
        old="set(document)",
        new="document",
        lesson="A word that one reviewer repeats twenty times looks as common as one that twenty "
        "reviewers use. Ask of every count what one unit of it is: a word, a document, a customer.",
    ),
    Mistake(
        "a word that stands in exactly min_documents documents is left out",
        in_="build_vocabulary",
        old=">= min_documents",
        new="> min_documents",
    ),
    Mistake(
        "the rarest words are kept instead of the commonest",
        in_="build_vocabulary",
        old="(-count[word], word)",
        new="(count[word], word)",
    ),
    Mistake(
        "among words in equally many documents the last of the alphabet are kept",
        in_="build_vocabulary",
        old="words.sort(key=lambda word: (-count[word], word))",
        new="words.sort(key=lambda word: (count[word], word), reverse=True)",
    ),
    Mistake(
        "the columns follow how common the words are, not the alphabet",
        in_="build_vocabulary",
        old="sorted(words[:max_size])",
        new="words[:max_size]",
    ),
    Mistake(
        "the first words of the alphabet are kept, however rare",
        in_="build_vocabulary",
        old="sorted(words[:max_size])",
        new="sorted(words)[:max_size]",
    ),
    Mistake(
        "the columns are counted from one",
        in_="build_vocabulary",
        old="enumerate(sorted(words[:max_size]))",
        new="enumerate(sorted(words[:max_size]), 1)",
    ),
    Mistake(
        'words are stripped, so that the runs of letters " t" and "t" fall together',
        in_="build_vocabulary",
        old="set(document)",
        new="{word.strip() for word in document}",
    ),
    Mistake(
        "capitals are sorted among the small letters, as in a dictionary, not as sorted does it",
        in_="build_vocabulary",
        old="sorted(words[:max_size])",
        new="sorted(words[:max_size], key=str.lower)",
    ),
    Mistake(
        "documents that are equal count once",
        in_="build_vocabulary",
        old="for document in documents:",
        new="for document in set(map(tuple, documents)):",
    ),
    Mistake(
        "repeated words are taken out of the caller's own documents",
        in_="build_vocabulary",
        old="count.update(set(document))",
        new="document[:] = sorted(set(document)); count.update(document)",
    ),
    Mistake(
        "min_documents is ignored",
        in_="build_vocabulary",
        old=" if count[word] >= min_documents",
        new="",
    ),
    Mistake(
        "a word that a document says twice is counted once",
        in_="count_words",
        old="X[i] = np.bincount(columns, minlength=d)",
        new="X[i, columns] += 1",
        lesson="X[i, columns] += 1 reads all the old values first, adds one to each, and writes "
        "them back: a column that is listed twice is written twice with the same number. "
        "np.bincount and np.add.at add every time.",
    ),
    Mistake(
        "a word that the vocabulary lacks is counted in the first column",
        in_="count_words",
        old="[vocabulary[w] for w in document if w in vocabulary]",
        new="[vocabulary.get(w, 0) for w in document]",
    ),
    Mistake(
        "a word that the vocabulary lacks ends it with a KeyError",
        in_="count_words",
        old=" if w in vocabulary",
        new="",
    ),
    Mistake(
        "the columns follow the alphabet, whatever the vocabulary says",
        in_="count_words",
        old="[vocabulary[w] for",
        new="[sorted(vocabulary).index(w) for",
    ),
    Mistake(
        "the counts are float64, and the table takes twice the room",
        in_="count_words",
        old="return X",
        new="return X.astype(float)",
    ),
    Mistake(
        "the words are taken out of the caller's own documents as they are counted",
        in_="count_words",
        old="X[i] = np.bincount(columns, minlength=d)",
        new="X[i] = np.bincount(columns, minlength=d); document.clear()",
    ),
    Mistake(
        "the counts are divided by the length of the document",
        in_="count_words",
        old="minlength=d)",
        new="minlength=d) / max(len(document), 1)",
    ),
    Mistake(
        "the counts of earlier documents are carried along",
        in_="count_words",
        old="X[i] =",
        new="X[i:] +=",
    ),
    Mistake(
        "the weights are learned from the new documents although they are given",
        in_="tfidf",
        old="if idf is None:",
        new="if True:",
    ),
    Mistake(
        "a word is weighed by how often it stands anywhere, not by how many documents have it",
        in_="tfidf",
        old="(X > 0).sum(axis=0)",
        new="X.sum(axis=0)",
    ),
    Mistake(
        "the ones in the fraction are left out, so that a word nobody says weighs infinitely much",
        in_="tfidf",
        old="(1 + len(X)) / (1 + rows)",
        new="len(X) / rows",
    ),
    Mistake(
        "the 1 before the logarithm is left out, so that a word of all documents weighs nothing",
        in_="tfidf",
        old="(1 + np.log((1 + len(X)) / (1 + rows)))",
        new="np.log((1 + len(X)) / (1 + rows))",
    ),
    Mistake(
        "the fraction is upside down: common words weigh most",
        in_="tfidf",
        old="(1 + len(X)) / (1 + rows)",
        new="(1 + rows) / (1 + len(X))",
    ),
    Mistake(
        "an empty document is divided by its length, 0, and turns into NaN",
        in_="tfidf",
        old="np.where(length > 0, length, 1)",
        new="length",
        lesson="Whenever something is divided by a length, a sum or a spread, ask what happens "
        "when that is 0. Here it is a document with no word that the vocabulary knows, and one "
        "such row in a thousand is enough to spoil every mean taken later.",
    ),
    Mistake(
        "the rows are not brought to length one",
        in_="tfidf",
        old="Z / np.where(length > 0, length, 1)",
        new="Z",
    ),
    Mistake(
        "the rows sum to one instead of having length one",
        in_="tfidf",
        old="np.sqrt((Z * Z).sum(axis=1, keepdims=True))",
        new="Z.sum(axis=1, keepdims=True)",
    ),
    Mistake(
        "the columns are brought to length one instead of the rows",
        in_="tfidf",
        old="(Z * Z).sum(axis=1, keepdims=True)",
        new="(Z * Z).sum(axis=0, keepdims=True)",
    ),
    Mistake(
        "the counts are weighed in place, so that the caller's table is changed",
        in_="tfidf",
        old="Z = X * idf",
        new="Z = np.multiply(X, idf, out=X)",
    ),
    Mistake(
        "the weights are float64, which widens float32",
        in_="tfidf",
        old=".astype(X.dtype)",
        new="",
    ),
    Mistake(
        "the standard deviation is stored instead of the variance",
        in_="GaussianNB.fit",
        old="r.var(axis=0)",
        new="r.std(axis=0)",
    ),
    Mistake(
        "the variance is divided by the number of rows less one, and a class of one has none",
        in_="GaussianNB.fit",
        old="r.var(axis=0)",
        new="r.var(axis=0, ddof=1)",
    ),
    Mistake(
        "the squared mean is taken from the mean square, which cancels where numbers are large",
        in_="GaussianNB.fit",
        old="r.var(axis=0)",
        new="((r * r).mean(axis=0) - r.mean(axis=0) ** 2)",
    ),
    Mistake(
        "the variance is that of all classes together",
        in_="GaussianNB.fit",
        old="r.var(axis=0)",
        new="X.var(axis=0)",
    ),
    Mistake(
        "nothing is added to the variances, so that some are zero",
        in_="GaussianNB.fit",
        old=" + extra",
        new="",
    ),
    Mistake(
        "a class has one mean for all its features",
        in_="GaussianNB.fit",
        old="r.mean(axis=0)",
        new="r.mean()",
    ),
    Mistake(
        "every class has the same prior, however many samples it has",
        in_="GaussianNB.fit",
        old="np.log(size / size.sum())",
        new="np.log(np.ones_like(size) / len(size))",
    ),
    Mistake(
        "the prior is not a logarithm",
        in_="GaussianNB.fit",
        old="np.log(size / size.sum())",
        new="size / size.sum()",
    ),
    Mistake(
        "the number of samples stands in place of their share",
        in_="GaussianNB.fit",
        old="np.log(size / size.sum())",
        new="np.log(size)",
    ),
    Mistake(
        "the prior is float64, which widens float32",
        in_="GaussianNB.fit",
        old="np.log(size / size.sum())",
        new="np.log(np.bincount(positions) / len(positions))",
    ),
    Mistake(
        "fit does not return the model",
        in_="GaussianNB.fit",
        old="return self",
        new="return None",
    ),
    Mistake(
        "the variances are multiplied before the logarithm is taken, and the product does not fit",
        in_="GaussianNB.predict_log_proba",
        old="np.log(variance) + (X - self.mean_[c]) ** 2 / variance\n            )\n"
        "            columns.append(-surprise.sum(axis=1) / 2)",
        new="(X - self.mean_[c]) ** 2 / variance\n            )\n"
        "            columns.append(-(np.log(variance.prod()) + surprise.sum(axis=1)) / 2)",
    ),
    Mistake(
        "the square is multiplied out, which cancels where numbers are large",
        in_="GaussianNB.predict_log_proba",
        old="(X - self.mean_[c]) ** 2 / variance",
        new="(X * X - 2 * X * self.mean_[c] + self.mean_[c] ** 2) / variance",
    ),
    Mistake(
        "the prior is forgotten",
        in_="GaussianNB.predict_log_proba",
        old="self.log_prior_ + ",
        new="",
    ),
    Mistake(
        "the logarithm of the variance is forgotten: wide curves are as high as narrow ones",
        in_="GaussianNB.predict_log_proba",
        old="np.log(variance) + ",
        new="",
    ),
    Mistake(
        "the half is forgotten",
        in_="GaussianNB.predict_log_proba",
        old="-surprise.sum(axis=1) / 2",
        new="-surprise.sum(axis=1)",
    ),
    Mistake(
        "the sign is wrong: what is far away scores high",
        in_="GaussianNB.predict_log_proba",
        old="-surprise.sum(axis=1) / 2",
        new="surprise.sum(axis=1) / 2",
    ),
    Mistake(
        "the distance is divided by the standard deviation instead of the variance",
        in_="GaussianNB.predict_log_proba",
        old="/ variance",
        new="/ np.sqrt(variance)",
    ),
    Mistake(
        "the features are averaged instead of summed",
        in_="GaussianNB.predict_log_proba",
        old="surprise.sum(axis=1)",
        new="surprise.mean(axis=1)",
    ),
    Mistake(
        "the scores are returned as they are: their exponentials do not sum to one",
        in_="GaussianNB.predict_log_proba",
        old="return z - log_sum_exp(z, axis=1, keepdims=True)",
        new="return z",
    ),
    Mistake(
        "each class is brought to the sum one over the samples",
        in_="GaussianNB.predict_log_proba",
        old="log_sum_exp(z, axis=1, keepdims=True)",
        new="log_sum_exp(z, axis=0, keepdims=True)",
    ),
    Mistake(
        "probabilities are returned, not their logarithms",
        in_="GaussianNB.predict_log_proba",
        old="return z - log_sum_exp(z, axis=1, keepdims=True)",
        new="return np.exp(z - log_sum_exp(z, axis=1, keepdims=True))",
    ),
    Mistake(
        "the exponentials are summed as they are, and underflow to 0",
        in_="GaussianNB.predict_log_proba",
        old="log_sum_exp(z, axis=1, keepdims=True)",
        new="np.log(np.exp(z).sum(axis=1, keepdims=True))",
        lesson="The densities of many features, or of one sample far from everything, are too "
        "small for a float. Every one becomes 0, the log of their sum minus infinity. Stay with "
        "logarithms until the largest has been taken out.",
    ),
    Mistake(
        "the scores are float64, which widens float32",
        in_="GaussianNB.predict_log_proba",
        old="np.column_stack(columns)",
        new="np.column_stack(columns).astype(float)",
    ),
    Mistake(
        "nothing is added to the counts, so that a word never seen in a class has probability 0",
        in_="MultinomialNB.fit",
        old="np.array(words) + alpha",
        new="np.array(words)",
    ),
    Mistake(
        "a second fit goes on counting where the first has stopped",
        in_="MultinomialNB.fit",
        old="words = np.array(words) + alpha",
        new="self.counted_ = words = np.array(words) + getattr(self, 'counted_', alpha)",
    ),
    Mistake(
        "one is added to every count, whatever alpha is",
        in_="MultinomialNB.fit",
        old="+ alpha",
        new="+ 1",
    ),
    Mistake(
        "the prior's words are missing from the total, and the probabilities sum to more than one",
        in_="MultinomialNB.fit",
        old="words / words.sum(axis=1, keepdims=True)",
        new="words / (words - alpha).sum(axis=1, keepdims=True)",
    ),
    Mistake(
        "each word is brought to the sum one over the classes",
        in_="MultinomialNB.fit",
        old="words.sum(axis=1, keepdims=True)",
        new="words.sum(axis=0, keepdims=True)",
    ),
    Mistake(
        "a document counts once for each word, however often it says it",
        in_="MultinomialNB.fit",
        old="X[positions == c].sum(axis=0)",
        new="(X[positions == c] > 0).sum(axis=0)",
    ),
    Mistake(
        "the counts of a class are averaged over its documents, so that alpha weighs more",
        in_="MultinomialNB.fit",
        old="X[positions == c].sum(axis=0)",
        new="X[positions == c].mean(axis=0)",
    ),
    Mistake(
        "a class's share is taken of the words instead of the documents",
        in_="MultinomialNB.fit",
        old="size / size.sum()",
        new="words.sum(axis=1) / words.sum()",
    ),
    Mistake(
        "a class's share is taken of the words instead of the documents",
        in_="MultinomialNB.fit",
        old="size / size.sum()",
        new="(words - alpha).sum(axis=1) / (words - alpha).sum()",
    ),
    Mistake(
        "every class has the same prior, however many documents it has",
        in_="MultinomialNB.fit",
        old="np.log(size / size.sum())",
        new="np.log(np.ones_like(size) / len(size))",
    ),
    Mistake(
        "W_ holds probabilities, not their logarithms",
        in_="MultinomialNB.fit",
        old="np.log(p).T",
        new="p.T",
    ),
    Mistake(
        "the classes lie in the rows of W_ instead of its columns",
        in_="MultinomialNB.fit",
        old="np.log(p).T",
        new="np.log(p)",
    ),
    Mistake(
        "the prior is float64, which widens float32",
        in_="MultinomialNB.fit",
        old="np.log(size / size.sum())",
        new="np.log(np.bincount(positions) / len(positions))",
    ),
    Mistake(
        "fit does not return the model",
        in_="MultinomialNB.fit",
        old="return self",
        new="return None",
    ),
    Mistake(
        "a word is counted as often as a document says it, so that it can be in more than all",
        in_="BernoulliNB.fit",
        old="X = self.seen(X)",
        new="X = X + 0",
        lesson="As long as no document repeats a word nothing shows. One that says it three times "
        "is three documents, and with a few of those 1 - p is negative. Print a p or two: above 1 "
        "is above 1.",
    ),
    Mistake(
        "the prior has one outcome instead of two: p and 1 - p do not sum to one",
        in_="BernoulliNB.fit",
        old="2 * alpha",
        new="alpha",
    ),
    Mistake(
        "the prior has an outcome for every word of the vocabulary, as in the other model",
        in_="BernoulliNB.fit",
        old="2 * alpha",
        new="there.shape[1] * alpha",
    ),
    Mistake(
        "the total is that of the words instead of the documents",
        in_="BernoulliNB.fit",
        old="size[:, None] + 2 * alpha",
        new="there.sum(axis=1, keepdims=True) + 2 * alpha",
    ),
    Mistake(
        "nothing is added to the counts, so that some probabilities are 0 or 1",
        in_="BernoulliNB.fit",
        old="total = size[:, None] + 2 * alpha",
        new="alpha, total = 0, size[:, None]",
    ),
    Mistake(
        "what p leaves of 1 is taken from a p that rounds to 1, so that its logarithm is infinite",
        in_="BernoulliNB.fit",
        old="np.log((size[:, None] - there + alpha) / total)",
        new="np.log(1 - (there + alpha) / total)",
        lesson="What is left when something close to 1 is taken from 1 has few digits or none. "
        "Where there is a formula for the rest itself, as here, use that.",
    ),
    Mistake(
        "a second fit goes on counting where the first has stopped",
        in_="BernoulliNB.fit",
        old="there = np.array(there)  # (k, d)",
        new="self.counted_ = there = np.array(there) + getattr(self, 'counted_', 0)",
    ),
    Mistake(
        "a word that is missing says nothing: b_ holds the prior alone",
        in_="BernoulliNB.fit",
        old=" + log_q.sum(axis=1)",
        new="",
    ),
    Mistake(
        "a word that occurs is still charged for being missing",
        in_="BernoulliNB.fit",
        old="(log_p - log_q).T",
        new="log_p.T",
    ),
    Mistake(
        "there and missing have changed places",
        in_="BernoulliNB.fit",
        old="(log_p - log_q).T",
        new="(log_q - log_p).T",
    ),
    Mistake(
        "the prior is forgotten",
        in_="BernoulliNB.fit",
        old="np.log(size / size.sum()) + ",
        new="",
    ),
    Mistake(
        "every class is given one sum of log(1 - p), that over all classes",
        in_="BernoulliNB.fit",
        old="log_q.sum(axis=1)",
        new="log_q.sum()",
    ),
    Mistake(
        "the prior is float64, which widens float32",
        in_="BernoulliNB.fit",
        old="np.log(size / size.sum())",
        new="np.log(np.bincount(positions) / len(positions))",
    ),
    Mistake(
        "fit does not return the model",
        in_="BernoulliNB.fit",
        old="return self",
        new="return None",
    ),
]


def gaussian_answer(code, x):
    """Return what a model of two curves says of one number."""
    model = code.GaussianNB()
    model.classes_, model.log_prior_ = np.array([0, 1]), np.log([0.5, 0.5])
    model.mean_, model.variance_ = np.array([[0.0], [4.0]]), np.array([[1.0], [4.0]])
    return model.predict_log_proba(np.array([[x]], dtype=float))


EXPLAIN = [
    Explain(
        "repetition",
        why="a word that a document says twice is counted once",
        causes={
            "a word that the vocabulary lacks ends it with a KeyError": "The list takes only words "
            "that are in the vocabulary.",
            "the documents are counted in one row": "i is the number of the document, and X has a "
            "row for each.",
            "the first column is never counted": "Columns begin at 0, and so does the vocabulary.",
        },
        takes="`document` is a list of whole numbers from 0 to 5, each of which stands for a word; "
        "out come the counts of the six.",
        call=lambda code, document: code.count_words(
            [[f"word {int(number)}" for number in document]],
            {f"word {number}": number for number in range(6)},
        ),
        example={"document": [3, 0, 5]},
        witness={"document": [3, 0, 3]},
    ),
    Explain(
        "underflow",
        why="the exponentials are summed as they are, and underflow to 0",
        causes={
            "the prior is forgotten": "log_prior_ is in z before anything is summed.",
            "the sum runs over the samples instead of the classes": "axis=1 is that of the "
            "classes, since each column of z is a class.",
            "the constant of the normal curve is forgotten": "It is the same for all classes, and "
            "what all scores share is taken away again.",
        },
        takes="`x` is one number, and the two classes have normal curves around 0 and 4 with "
        "variances 1 and 4; out come their log-probabilities.",
        call=gaussian_answer,
        example={"x": 2.5},
        witness={"x": 500.0},
    ),
    Explain(
        "nothing",
        why="an empty document is divided by its length, 0, and turns into NaN",
        causes={
            "the weights are learned from the new documents although they are given": "They are "
            "learned only where idf is None.",
            "a word that nobody says weighs infinitely much": "The 1 below the fraction keeps it "
            "finite.",
            "the rows sum to one instead of having length one": "The root of the sum of squares "
            "is the length.",
        },
        takes="`X` is a table of counts for `tfidf(X)`, a row for each document.",
        call=lambda code, X: code.tfidf(X)[0],
        example={"X": [[1.0, 0.0, 2.0], [0.0, 3.0, 1.0]]},
        witness={"X": [[1.0, 0.0, 2.0], [0.0, 0.0, 0.0]]},
    ),
]
