"""Oracle for naive Bayes: scikit-learn on the same reviews, sentences and birds."""

import numpy as np
import pytest

import bookdata
from solutions.inputs import NotFittedError
from solutions.naive_bayes import (
    BernoulliNB,
    GaussianNB,
    MultinomialNB,
    build_vocabulary,
    character_ngrams,
    count_words,
    tfidf,
    tokenize,
)


@pytest.fixture(scope="module")
def reviews():
    """Return counts of words in float64, labels, and the words: X, y, X_test, y_test, words."""
    data = bookdata.food_reviews()
    train, test = ([tokenize(t) for t in texts] for texts in (data.texts_train, data.texts_test))
    vocabulary = build_vocabulary(train, min_documents=5)
    X, X_test = (count_words(part, vocabulary).astype(float) for part in (train, test))
    return X, data.great_train, X_test, data.great_test, list(vocabulary)


def test_words_and_counts_agree_with_scikit_learn(reviews):
    text = pytest.importorskip("sklearn.feature_extraction.text")
    data = bookdata.food_reviews()
    theirs = text.CountVectorizer(analyzer=tokenize, min_df=5)
    np.testing.assert_array_equal(theirs.fit_transform(data.texts_train).toarray(), reviews[0])
    assert list(theirs.get_feature_names_out()) == reviews[4]
    np.testing.assert_array_equal(theirs.transform(data.texts_test).toarray(), reviews[2])


def test_ngrams_agree_with_scikit_learn():
    text = pytest.importorskip("sklearn.feature_extraction.text")
    data = bookdata.languages()
    analyse = text.CountVectorizer(analyzer="char", ngram_range=(1, 4)).build_analyzer()
    for i in range(0, len(data.texts), 500):
        theirs = analyse(f" {data.texts[i]} ")
        assert sorted(character_ngrams(data.texts[i], 1, 4)) == sorted(theirs)


def test_tfidf_agrees_with_scikit_learn(reviews):
    text = pytest.importorskip("sklearn.feature_extraction.text")
    X, _, X_test, _, _ = reviews
    theirs = text.TfidfTransformer().fit(X)
    Z, idf = tfidf(X)
    np.testing.assert_allclose(idf, theirs.idf_, rtol=1e-12)
    np.testing.assert_allclose(Z, theirs.transform(X).toarray(), rtol=1e-12)
    Z_test, _ = tfidf(X_test, idf)
    np.testing.assert_allclose(Z_test, theirs.transform(X_test).toarray(), rtol=1e-12)


@pytest.mark.parametrize("alpha", [0.01, 1.0, 3.0])
def test_multinomial_agrees_with_scikit_learn(reviews, alpha):
    naive_bayes = pytest.importorskip("sklearn.naive_bayes")
    X, y, X_test, _, _ = reviews
    ours, theirs = MultinomialNB(alpha).fit(X, y), naive_bayes.MultinomialNB(alpha=alpha).fit(X, y)
    np.testing.assert_allclose(ours.W_.T, theirs.feature_log_prob_, rtol=1e-12)
    np.testing.assert_allclose(ours.b_, theirs.class_log_prior_, rtol=1e-12)
    log_p = theirs.predict_log_proba(X_test)
    np.testing.assert_allclose(ours.predict_log_proba(X_test), log_p, rtol=1e-9, atol=1e-10)


@pytest.mark.parametrize("alpha", [0.01, 1.0, 3.0])
def test_bernoulli_agrees_with_scikit_learn(reviews, alpha):
    naive_bayes = pytest.importorskip("sklearn.naive_bayes")
    X, y, X_test, _, _ = reviews
    ours, theirs = BernoulliNB(alpha).fit(X, y), naive_bayes.BernoulliNB(alpha=alpha).fit(X, y)
    log_p = theirs.predict_log_proba(X_test)
    np.testing.assert_allclose(ours.predict_log_proba(X_test), log_p, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("smoothing", [1e-9, 0.1])
def test_gaussian_agrees_with_scikit_learn(smoothing):
    naive_bayes = pytest.importorskip("sklearn.naive_bayes")
    X, y, X_test, y_test = bookdata.digits()
    ours = GaussianNB(smoothing).fit(X, y)
    theirs = naive_bayes.GaussianNB(var_smoothing=smoothing).fit(X, y)
    np.testing.assert_allclose(ours.mean_, theirs.theta_, rtol=1e-12)
    np.testing.assert_allclose(ours.variance_, theirs.var_, rtol=1e-10)
    log_p = theirs.predict_log_proba(X_test)
    np.testing.assert_allclose(ours.predict_log_proba(X_test), log_p, rtol=1e-8, atol=1e-8)
    assert ours.score(X_test, y_test) == theirs.score(X_test, y_test)


def test_sentences_agree_with_scikit_learn():
    naive_bayes = pytest.importorskip("sklearn.naive_bayes")
    data = bookdata.languages()
    rows = np.arange(0, len(data.texts), 8)
    documents = [character_ngrams(data.texts[i]) for i in rows]
    X = count_words(documents, build_vocabulary(documents, max_size=2000)).astype(float)
    y, train = np.array(data.codes)[data.language[rows]], data.train[rows]
    ours = MultinomialNB(0.01).fit(X[train], y[train])
    theirs = naive_bayes.MultinomialNB(alpha=0.01).fit(X[train], y[train])
    log_p = theirs.predict_log_proba(X[~train])
    np.testing.assert_allclose(ours.predict_log_proba(X[~train]), log_p, rtol=1e-9, atol=1e-9)
    np.testing.assert_array_equal(ours.predict(X[~train]), theirs.predict(X[~train]))


def test_the_reviews_are_judged_as_well_as_the_curriculum_asks(reviews):
    X, y, X_test, y_test, _ = reviews
    assert MultinomialNB().fit(X, y).score(X_test, y_test) >= 0.798


# Properties


def test_only_the_sums_of_a_class_count(reviews):
    """One long document a class teaches the same words as all of them one by one."""
    X, y, _, _, _ = reviews
    glued = np.array([X[y == c].sum(axis=0) for c in (0, 1)])
    W = MultinomialNB().fit(glued, [0, 1]).W_
    np.testing.assert_allclose(W, MultinomialNB().fit(X, y).W_, rtol=1e-12)


def test_probabilities_sum_to_one_and_the_order_of_rows_plays_no_part():
    rng = np.random.default_rng(0)
    X, y = rng.poisson(1.0, size=(30, 6)).astype(float), rng.integers(3, size=30)
    order = rng.permutation(30)
    for model in (GaussianNB(), MultinomialNB(), BernoulliNB()):
        p = model.fit(X, y).predict_proba(X)
        np.testing.assert_allclose(p.sum(axis=1), 1, rtol=1e-12)
        np.testing.assert_allclose(model.fit(X[order], y[order]).predict_proba(X), p, rtol=1e-9)


def test_words_of_a_class_are_probabilities():
    X, y = np.random.default_rng(0).poisson(1.0, size=(9, 4)), np.arange(9) % 2
    np.testing.assert_allclose(np.exp(MultinomialNB(0.3).fit(X, y).W_).sum(axis=0), 1, rtol=1e-12)


def test_gaussian_answers_are_bayes_rule_on_densities():
    stats = pytest.importorskip("scipy.stats")
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(40, 3)), rng.integers(2, size=40)
    model = GaussianNB().fit(X, y)
    density = stats.norm.pdf(X[:, None], model.mean_, np.sqrt(model.variance_)).prod(axis=2)
    joint = np.exp(model.log_prior_) * density
    expected = joint / joint.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(model.predict_proba(X), expected, rtol=1e-9)


def test_an_empty_document_gets_the_prior_from_bags_and_not_from_bernoulli():
    X, y = np.array([[2.0, 0], [1, 1], [0, 3]]), np.array([0, 0, 1])
    empty = np.zeros((1, 2))
    np.testing.assert_allclose(MultinomialNB().fit(X, y).predict_proba(empty), [[2 / 3, 1 / 3]])
    bernoulli = BernoulliNB().fit(X, y)  # p = 3/4 and 2/4 in class 0, 1/3 and 2/3 in class 1
    scores = np.array([2 / 3 * 1 / 4 * 2 / 4, 1 / 3 * 2 / 3 * 1 / 3])
    np.testing.assert_allclose(bernoulli.predict_proba(empty)[0], scores / scores.sum())


# Bad input: each a sentence that says what was wrong.

X_GOOD = np.array([[0.0, 1.0], [1.0, 0.5], [2.0, 3.0], [0.5, 2.0]])
Y_GOOD = np.array([0, 1, 1, 0])
MODELS = [GaussianNB(), MultinomialNB(), BernoulliNB()]


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize(
    "X, y, sentence",
    [
        (X_GOOD[0], Y_GOOD, r"shape \(n, d\).*shape is \(2,\)"),
        (X_GOOD, Y_GOOD[:3], r"\(4, 2\).*\(4,\).*shape is \(3,\)"),
        (X_GOOD, Y_GOOD[:, None], r"shape is \(4, 1\)"),
        (np.where(X_GOOD == 3, np.nan, X_GOOD), Y_GOOD, r"X\[2, 1\] is nan"),
        (np.where(X_GOOD == 3, np.inf, X_GOOD), Y_GOOD, r"X\[2, 1\] is inf"),
        (X_GOOD[:0], Y_GOOD[:0], "empty"),
        (X_GOOD, np.zeros(4), "one class only"),
        (X_GOOD[:1], Y_GOOD[:1], "one class only"),
        (X_GOOD, np.array([0, 1, np.nan, 0]), "a label is missing"),
    ],
)
def test_bad_data_is_refused_with_a_sentence(model, X, y, sentence):
    with pytest.raises(ValueError, match=sentence):
        model.fit(X, y)


@pytest.mark.parametrize("model", MODELS)
def test_a_model_that_has_seen_nothing_says_so(model):
    model = type(model)()
    with pytest.raises(NotFittedError, match="call fit first"):
        model.predict(X_GOOD)
    model.fit(X_GOOD, Y_GOOD)
    with pytest.raises(ValueError, match=r"fit saw 2 features.*\(4, 1\)"):
        model.predict(X_GOOD[:, :1])
    with pytest.raises(ValueError, match=r"y must have shape \(4,\)"):
        model.score(X_GOOD, Y_GOOD[:2])


@pytest.mark.parametrize(
    "model",
    [GaussianNB(0), GaussianNB(-1), MultinomialNB(0), MultinomialNB(-1), BernoulliNB(float("nan"))],
)
def test_a_setting_out_of_range_is_refused(model):
    with pytest.raises(ValueError, match=r"^(smoothing|alpha) must be greater than 0"):
        model.fit(X_GOOD, Y_GOOD)


@pytest.mark.parametrize("huge", [float("inf"), 1e300])
def test_a_setting_without_bounds_is_refused(huge):
    for model in (GaussianNB(huge), MultinomialNB(huge), BernoulliNB(huge)):
        with pytest.raises(ValueError, match="must be at most"):
            model.fit(X_GOOD, Y_GOOD)


def test_counts_below_zero_are_refused_by_name():
    X = X_GOOD - 1
    for refuse in (MultinomialNB().fit, BernoulliNB().fit):
        with pytest.raises(ValueError, match=r"X must hold counts: X\[0, 0\] is -1"):
            refuse(X, Y_GOOD)
    with pytest.raises(ValueError, match="must hold counts"):
        tfidf(X)
    with pytest.raises(ValueError, match="must hold counts"):
        MultinomialNB().fit(X_GOOD, Y_GOOD).predict(X)


def test_constant_features():
    with pytest.raises(ValueError, match="every feature of X is constant"):
        GaussianNB().fit(np.ones((4, 2)), Y_GOOD)
    X = np.column_stack([X_GOOD, np.ones(4)])
    p, q = (GaussianNB().fit(x, Y_GOOD).predict_proba(x) for x in (X, X_GOOD))
    np.testing.assert_allclose(p, q, rtol=1e-6)


def test_a_class_of_one_sample_and_a_word_nobody_says_are_finite():
    X, y = np.array([[1.0, 0, 0], [0, 2, 0], [3, 1, 0]]), np.array(["a", "b", "b"])
    for model in (GaussianNB(), MultinomialNB(), BernoulliNB()):
        assert np.isfinite(model.fit(X, y).predict_log_proba(X)).all()


def test_labels_may_be_words_and_one_without_a_sample_is_never_predicted():
    words = np.array(["no", "yes", "maybe"])[Y_GOOD]
    for model in MODELS:
        assert list(model.fit(X_GOOD, words).classes_) == ["no", "yes"]
        assert set(model.predict(X_GOOD)) <= {"no", "yes"}
        assert model.score(X_GOOD, words) == np.mean(model.predict(X_GOOD) == words)


def test_integers_are_never_truncated_and_float32_is_kept():
    X = X_GOOD * 2
    for model in MODELS:
        whole = model.fit(X.astype(int), Y_GOOD).predict_proba(X)
        np.testing.assert_array_equal(whole, model.fit(X, Y_GOOD).predict_proba(X))
        p = model.fit(X.astype(np.float32), Y_GOOD).predict_proba(X.astype(np.float32))
        assert p.dtype == np.float32
        np.testing.assert_allclose(p, whole, rtol=1e-4)
    single = X.astype(np.float32)
    assert tfidf(single)[0].dtype == tfidf(single, np.ones(2))[0].dtype == np.float32
    for model in (GaussianNB(np.float64(0.1)), MultinomialNB(np.float64(2)), BernoulliNB(alpha=2)):
        assert model.fit(single, Y_GOOD).predict_log_proba(single).dtype == np.float32


@pytest.mark.parametrize("cut", [tokenize, character_ngrams])
@pytest.mark.parametrize("text", [b"bytes", None, 7, ["a list"]])
def test_what_is_no_text_is_a_type_error(cut, text):
    with pytest.raises(TypeError, match="text must be a str"):
        cut(text)


@pytest.mark.parametrize("low, high", [(0, 2), (3, 2)])
def test_runs_have_a_length(low, high):
    with pytest.raises(ValueError, match="must be at least"):
        character_ngrams("text", low, high)
    with pytest.raises(TypeError, match="low must be a whole number"):
        character_ngrams("text", 1.5, 2)


def test_texts_that_were_not_cut_into_words_are_noticed():
    for documents in ("a text", ["a text", "another"], [["a"], "text"]):
        with pytest.raises(TypeError, match="cut it first"):
            build_vocabulary(documents)
        with pytest.raises(TypeError, match="cut it first"):
            count_words(documents, {"a": 0})
    with pytest.raises(ValueError, match="no document"):
        build_vocabulary([])


def test_vocabularies_that_are_none():
    with pytest.raises(TypeError, match="dict from word to column, not a list"):
        count_words([["a"]], ["a"])
    with pytest.raises(ValueError, match="vocabulary is empty"):
        count_words([["a"]], build_vocabulary([["a"]], min_documents=2))
    with pytest.raises(ValueError, match=r"columns must be 0, 1, 2"):
        count_words([["a"]], {"a": 0, "b": 2})
    with pytest.raises(ValueError, match="min_documents must be at least 1"):
        build_vocabulary([["a"]], min_documents=0)
    with pytest.raises(ValueError, match="max_size must be at least 1"):
        build_vocabulary([["a"]], max_size=0)


def test_weights_of_another_vocabulary_are_refused():
    with pytest.raises(ValueError, match=r"idf must have shape \(2,\)"):
        tfidf(X_GOOD, np.ones(3))


def test_text_where_numbers_belong_is_a_type_error():
    for model in MODELS:
        with pytest.raises(TypeError, match="X must hold numbers"):
            model.fit(X_GOOD.astype(str), Y_GOOD)


def test_sentences_are_assigned_to_98_languages_as_well_as_the_curriculum_asks():
    """Sentences are messages of two English words or more, as on the page."""
    data = bookdata.languages()
    rows = [character_ngrams(text) for text in data.texts]
    train = np.flatnonzero(data.train)
    vocabulary = build_vocabulary([rows[i] for i in train], min_documents=2)
    bags = [[] for _ in data.codes]
    for i in train:
        bags[data.language[i]] += rows[i]
    model = MultinomialNB(0.01).fit(count_words(bags, vocabulary), np.arange(98))
    english = dict(zip(data.message[data.language == 0], data.texts, strict=False))
    held = [i for i in np.flatnonzero(~data.train) if " " in english[data.message[i]]]
    known = [[vocabulary[run] for run in rows[i] if run in vocabulary] for i in held]
    guess = [(model.W_[columns].sum(axis=0) + model.b_).argmax() for columns in known]
    assert np.mean(guess == data.language[held]) >= 0.758
    few = held[::500]
    X = count_words([rows[i] for i in few], vocabulary)
    np.testing.assert_array_equal(model.predict(X), guess[::500])
