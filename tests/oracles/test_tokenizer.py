"""The tokenizer agrees with tokenizers and with tiktoken, and gives back any bytes."""

import json
import os

os.environ.update(RAYON_NUM_THREADS="1", TOKENIZERS_PARALLELISM="false")

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import bookdata
from bookdata import cache
from solutions.tokenizer import (
    BYTES,
    LONG,
    PART,
    PairTable,
    Tokenizer,
    as_bytes,
    count_pairs,
    join_by_heap,
    merge_pair,
    pretokenize,
    train_bpe,
    unique_words,
    words_in,
)

tiktoken = pytest.importorskip("tiktoken")
tokenizers = pytest.importorskip("tokenizers")
models, trainers = tokenizers.models, tokenizers.trainers
pre_tokenizers = tokenizers.pre_tokenizers

# Python's \s has U+001C to U+001F besides, and its letters all numbers that are no digits.
LETTER, SPACE = r"\p{L}\p{Nl}\p{No}", r"\s\x1c-\x1f"
PATTERN = (
    r"'(?:[sdmt]|ll|ve|re)"
    rf"| ?[{LETTER}]+| ?\p{{Nd}}+| ?[^{SPACE}{LETTER}\p{{Nd}}]+"
    rf"|[{SPACE}]+(?![^{SPACE}])|[{SPACE}]+"
)
MARKS = ["<|endoftext|>", "<|end|>", "<|"]
SCRIPTS = [
    "Crème brûlée, naïve: 'tis what she'd've wanted; it's 3.14159 m² № 5 Ⅷ ½",
    "Добрый день! Ελληνικά, עברית, العربية ١٢٣, हिन्दी ४५६, ไทย, 中文字符, 日本語テスト, 한국어",
    "\U0001f642\U0001f469\u200d\U0001f469\u200d\U0001f467 e\u0301a\u0308",
    "\u202eabc\u202c \ufeffx \u00ad_ 4\ufe0f\u20e3",
    "\x1c\x1d a\x1e\x1fb \x85\xa0c\u2028\u2029 \u3000d\u200be \x00\x7f",
    "    def f(self, x_1=0x1F):\n\n\t\treturn 'self'  # don't\r\n   \n",
    "don't we'll I'VE they're ''s 'S x'dog  's",
]
TEXT = st.text(st.sampled_from(list("ab1_' \n\té٣²Ⅷ\x1c\u0301☕\U0001f642.s")), max_size=40)


@pytest.fixture(scope="module")
def library():
    """Return the text of the standard library, the files one after the other."""
    return "".join(bookdata.python_source().texts)


@pytest.fixture(scope="module")
def learned(library):
    """Return what is learned from two megabytes of it, and the same text."""
    text = library[3_000_000:5_000_000]
    return train_bpe(text, 1500), text


def tiktoken_of(vocabulary, special=()):
    marks = {mark: len(vocabulary) + i for i, mark in enumerate(special)}
    ranks = {token: i for i, token in enumerate(vocabulary)}
    return tiktoken.Encoding("ours", pat_str=PATTERN, mergeable_ranks=ranks, special_tokens=marks)


def learned_by_tokenizers(text, V):
    """Return the vocabulary and the merges of tokenizers, as bytes.

    A byte b is written as the letter U+0100 + b, so that their alphabet has
    the order of the bytes, and words as a line each.
    """
    bpe = tokenizers.Tokenizer(models.BPE())
    bpe.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    alphabet = [chr(0x100 + byte) for byte in range(256)]
    trainer = trainers.BpeTrainer(vocab_size=V, show_progress=False, initial_alphabet=alphabet)
    words = (as_bytes(word) for word in words_in(text))
    bpe.train_from_iterator(["\n".join("".join(alphabet[b] for b in w) for w in words)], trainer)
    model = json.loads(bpe.to_str())["model"]

    def plain(token):
        return bytes(ord(letter) - 0x100 for letter in token)

    tokens = sorted(model["vocab"], key=model["vocab"].get)
    merges = [pair if isinstance(pair, list) else pair.split(" ") for pair in model["merges"]]
    return list(map(plain, tokens)), [tuple(map(plain, pair)) for pair in merges]


# Against other libraries


def test_tokenizers_learns_the_same_merges_in_the_same_order(library):
    table, merges, V = PairTable(*unique_words(library)), [], 4096
    vocabulary = list(BYTES)
    while len(vocabulary) < V:
        a, b = table.best()
        merges.append((vocabulary[a], vocabulary[b]))
        table.merge((a, b), len(vocabulary))
        vocabulary.append(vocabulary[a] + vocabulary[b])
    assert train_bpe(library, V) == vocabulary
    theirs = learned_by_tokenizers(library, V)
    assert theirs[0] == vocabulary
    assert theirs[1] == merges


@pytest.mark.parametrize("seed", range(20))
def test_tokenizers_breaks_ties_as_we_do_and_stops_where_we_do(seed):
    rng = np.random.default_rng(seed)
    letters = list("aab" if seed % 2 else "abcd\n é")
    text = "".join(letters[i] for i in rng.integers(len(letters), size=400))
    assert learned_by_tokenizers(text, 4000)[0] == train_bpe(text, 4000)


def test_tiktoken_gives_the_same_ids_on_the_standard_library(learned, library):
    ours, theirs = Tokenizer(learned[0]), tiktoken_of(learned[0])
    for text in (learned[1], library[:2_000_000]):
        assert ours.encode(text) == theirs.encode_ordinary(text)


@pytest.mark.parametrize("text", SCRIPTS)
def test_tiktoken_gives_the_same_ids_in_many_scripts(learned, text):
    assert Tokenizer(learned[0]).encode(text) == tiktoken_of(learned[0]).encode_ordinary(text)


@settings(max_examples=400, deadline=None)
@given(TEXT)
def test_tiktoken_gives_the_same_ids_of_any_signs(text):
    vocabulary = train_bpe(SCRIPTS, 320)
    assert Tokenizer(vocabulary).encode(text) == tiktoken_of(vocabulary).encode_ordinary(text)


def test_tiktoken_joins_alike_where_a_token_s_parts_come_after_it(learned):
    rng = np.random.default_rng(0)
    for _ in range(30):
        alive, tokens = [b"a", b"b"], []
        while len(tokens) < 12:
            joined = b"".join(alive[i] for i in rng.integers(len(alive), size=2))
            if joined not in alive:
                alive.append(joined)
                tokens.append(joined)
        vocabulary = BYTES + [tokens[i] for i in rng.permutation(12)]
        ours, theirs = Tokenizer(vocabulary), tiktoken_of(vocabulary)
        for size in (3, 10, 50, 199, 201, 1000):
            word = "".join("ab"[i] for i in rng.integers(2, size=size))
            assert ours.encode(word) == theirs.encode_ordinary(word)


def test_special_tokens_are_those_of_tiktoken(learned):
    ours, theirs = Tokenizer(learned[0], MARKS[:2]), tiktoken_of(learned[0], MARKS[:2])
    text = "a<|endoftext|> b<|end|><|endoftext|>\n<|end|>oftext|> <|endoftext|"
    assert ours.encode(text, special=True) == theirs.encode(text, allowed_special="all")
    assert ours.encode(text) == theirs.encode_ordinary(text)
    assert max(ours.encode(text)) < len(learned[0])


def test_the_tokens_of_gpt2_give_the_ids_of_gpt2():
    try:
        tokens = bookdata.gpt2_vocabulary().tokens
    except cache.NotFetched as missing:
        pytest.skip(str(missing))
    ours, mark = Tokenizer(tokens[:-1], ["<|endoftext|>"]), 50256
    theirs = tiktoken_of(tokens[:-1], ["<|endoftext|>"])
    assert len(ours) == 50257
    assert ours.encode("Hello world<|endoftext|>", special=True) == [15496, 995, mark]
    for text in SCRIPTS:
        assert ours.encode(text) == theirs.encode_ordinary(text)


# What must be true of itself


@settings(max_examples=400, deadline=None)
@given(st.binary(max_size=60))
def test_any_bytes_come_back(data):
    text = data.decode("utf-8", "surrogateescape")
    tokenizer = Tokenizer(train_bpe(SCRIPTS, 320), MARKS)
    assert tokenizer.decode(tokenizer.encode(text)) == text
    assert b"".join(tokenizer.tokens(text)) == data
    for special in (False, True):
        assert as_bytes(tokenizer.decode(tokenizer.encode(text, special))) == data


@settings(max_examples=400, deadline=None)
@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=60))
def test_words_are_the_text_again(text):
    words = pretokenize(text)
    assert "".join(words) == text and "" not in words
    tokenizer = Tokenizer(BYTES, MARKS)
    assert tokenizer.decode(tokenizer.encode(text)) == text
    assert "".join(tokenizer.split_special(text)) == text


@settings(max_examples=100, deadline=None)
@given(st.lists(st.text("aab", min_size=1, max_size=12), min_size=1, max_size=8))
def test_to_keep_counts_is_to_count_anew(words):
    words = [list(word.encode()) for word in words]
    counts = [1 + i % 3 for i in range(len(words))]
    table, new = PairTable(words, counts), 256
    while (pair := table.best()) is not None:
        pairs = count_pairs(words, counts)
        assert pair == min(pairs, key=lambda p: (-pairs[p], p))
        words = [merge_pair(word, pair, new) for word in words]
        table.merge(pair, new)
        assert table.words == words
        assert {p: n for p, n in table.pairs.items() if n} == count_pairs(words, counts)
        new += 1
    assert not count_pairs(words, counts)


@settings(max_examples=200, deadline=None)
@given(st.text("abé", min_size=1, max_size=40))
def test_the_heap_joins_as_the_loop_does(word):
    tokenizer = Tokenizer(train_bpe(["aab abab baab ababé éa bbb aaaa"] * 3, 290))
    parts = join_by_heap([BYTES[byte] for byte in word.encode()], tokenizer.ranks)
    assert tokenizer.encode_word(word) == tuple(tokenizer.ranks[part] for part in parts)


def test_no_token_is_learned_twice(learned):
    assert len(set(learned[0])) == len(learned[0]) == 1500
    assert learned[0][:256] == BYTES


def test_a_text_cut_into_parts_has_the_same_words():
    rng = np.random.default_rng(0)
    pieces = ["word", " ", "  \n", "\n", "it's", " 42", "!?", "\t"]
    for _ in range(5):
        text = "".join(pieces[i] for i in rng.integers(8, size=700_000))
        text = " " * (PART + 3) + text + "x" * (PART + 5) + text[:1000]
        assert list(words_in(text)) == pretokenize(text)


def test_many_texts_are_one_vocabulary():
    texts = [text for text in SCRIPTS for _ in range(3)]
    assert train_bpe(iter(texts), 300) == train_bpe(texts, 300)
    assert train_bpe("\n".join(["low lower"] * 5), 262) == train_bpe(["low lower"] * 5, 262)


def test_a_vocabulary_may_end_early():
    vocabulary = train_bpe("low low lower", 1000)
    assert len(vocabulary) < 270 and b" lower" in vocabulary
    assert train_bpe("", 1000) == train_bpe([], 300) == BYTES
    assert Tokenizer(BYTES).encode("") == [] and Tokenizer(BYTES).decode([]) == ""


def test_a_very_long_word_is_encoded_and_not_remembered(learned):
    tokenizer = Tokenizer(learned[0])
    rng = np.random.default_rng(0)
    letters = "".join("abcdefghijklmnopqrstuvwxyz"[i] for i in rng.integers(26, size=100_000))
    for word in ("a" * 100_000, letters):
        ids = tokenizer.encode(word)
        assert tokenizer.decode(ids) == word
        assert ids == tiktoken_of(learned[0]).encode_ordinary(word)
    assert not tokenizer.known
    tokenizer.encode("ab " + "x" * LONG + " ab")
    assert set(tokenizer.known) == {"ab", " ab"}


def test_what_is_remembered_is_bounded(monkeypatch):
    monkeypatch.setattr("solutions.tokenizer.REMEMBERED", 50)
    tokenizer = Tokenizer(BYTES)
    for i in range(500):
        text = f" {i} word{i % 7}"
        assert tokenizer.decode(tokenizer.encode(text)) == text
        assert len(tokenizer.known) <= 50


def test_it_is_saved_and_loaded(tmp_path, learned):
    tokenizer = Tokenizer(learned[0], MARKS)
    tokenizer.save(tmp_path / "tokenizer.json")
    again = Tokenizer.load(tmp_path / "tokenizer.json")
    assert again.vocabulary == tokenizer.vocabulary and again.special == tokenizer.special
    assert again.encode("<|end|> def é", special=True) == tokenizer.encode("<|end|> def é", True)


# Bad input


@pytest.mark.parametrize(
    "call, error, sentence",
    [
        (lambda t: pretokenize(b"a b"), TypeError, "text must be a str, not a bytes"),
        (lambda t: t.encode(None), TypeError, "text must be a str, not a NoneType"),
        (lambda t: t.encode(["a"], special=True), TypeError, "must be a str, not a list"),
        (lambda t: t.split_special(7), TypeError, "must be a str, not a int"),
        (lambda t: t.encode("a \ud800"), ValueError, "U.D800, half of a surrogate pair"),
        (lambda t: train_bpe("x\udfff", 300), ValueError, "U.DFFF, half of a surrogate pair"),
        (lambda t: train_bpe("text", 255), ValueError, "V must be at least 256, not 255"),
        (lambda t: train_bpe("text", 300.5), TypeError, "V must be a whole number"),
        (lambda t: train_bpe(["text", b"bytes"], 300), TypeError, "not a bytes"),
        (lambda t: train_bpe(b"text", 300), TypeError, "text must be a str, not a bytes"),
        (lambda t: train_bpe(None, 300), TypeError, "text must be a str, not a NoneType"),
        (lambda t: t.encode_word(None), TypeError, "text must be a str, not a NoneType"),
        (lambda t: t.encode_word(b"a"), TypeError, "text must be a str, not a bytes"),
        (lambda t: count_pairs([[1, 2]], [1, 2]), ValueError, "1 words, but 2 counts"),
        (lambda t: PairTable([[1, 2]], []), ValueError, "1 words, but 0 counts"),
        (lambda t: PairTable([[1, 2]], [1]).merge((7, 8), 9), ValueError, r"the pair \(7, 8\)"),
        (lambda t: t.decode([[97], [1, 2]]), TypeError, "a sequence of whole numbers"),
        (lambda t: Tokenizer(5), TypeError, "vocabulary must be a list, not 5"),
        (lambda t: Tokenizer(BYTES, None), TypeError, "special must be a list, not None"),
        (lambda t: t.decode([0, 257]), ValueError, "257 is no id: there are 257, from 0 on"),
        (lambda t: t.decode([-1]), ValueError, "-1 is no id"),
        (lambda t: t.decode([1.0, 2.0]), TypeError, "a sequence of whole numbers"),
        (lambda t: t.decode([True]), TypeError, "a sequence of whole numbers"),
        (lambda t: t.decode(3), TypeError, "a sequence of whole numbers"),
        (lambda t: t.decode("abc"), TypeError, "a sequence of whole numbers"),
        (lambda t: t.decode([[1, 2]]), TypeError, "a sequence of whole numbers"),
        (lambda t: t.decode([200], errors="strict"), UnicodeDecodeError, "utf-8"),
        (lambda t: Tokenizer(BYTES[:-1]), ValueError, "all 256 single bytes"),
        (lambda t: Tokenizer([*BYTES, b"ab", b"ab"]), ValueError, "nothing twice"),
        (lambda t: Tokenizer([*BYTES, b""]), ValueError, "nothing empty"),
        (lambda t: Tokenizer([*BYTES, "ab"]), TypeError, "vocabulary holds 'ab', not bytes"),
        (lambda t: Tokenizer(b"abc"), TypeError, "vocabulary must be a list"),
        (lambda t: Tokenizer(BYTES, "<|end|>"), TypeError, "special must be a list"),
        (lambda t: Tokenizer(BYTES, ["x", "x"]), ValueError, "special must hold nothing twice"),
        (lambda t: Tokenizer(BYTES, [""]), ValueError, "nothing empty"),
        (lambda t: Tokenizer(BYTES, [b"x"]), TypeError, "special holds b'x', not str"),
    ],
)
def test_bad_input_is_refused_with_a_sentence(call, error, sentence):
    with pytest.raises(error, match=sentence):
        call(Tokenizer(BYTES, ["<|end|>"]))


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "3", '{"vocabulary": []}', '{"vocabulary": [3], "special": []}', "é"]
)
def test_a_file_that_is_none_is_refused(tmp_path, text):
    path = tmp_path / "tokenizer.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match="holds no tokenizer"):
        Tokenizer.load(path)


def test_an_array_of_ids_is_as_good_as_a_list():
    tokenizer = Tokenizer(BYTES)
    for dtype in (np.int64, np.uint8, np.int32):
        assert tokenizer.decode(np.array([104, 105], dtype)) == "hi"
