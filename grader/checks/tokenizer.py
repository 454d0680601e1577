"""Checks for the tokenizer."""

import numpy as np

from grader import Explain, Mistake, check, exactly, raises

LIBRARIES = ["tiktoken", "tokenizers"]
BYTES = [bytes([byte]) for byte in range(256)]


@check("pretokenize", expect=exactly, forbids=LIBRARIES)
def words_and_signs(code):
    """letters, digits and other signs make words of their own, and take one space along"""
    return code.pretokenize("def add(x1, y=42): return total+= 3.14 * x1; print(x, y2k)")


@check("pretokenize", expect=exactly, forbids=LIBRARIES)
def underscores(code):
    """an underscore is a sign: it neither belongs to a word's letters nor is it lost"""
    return code.pretokenize("self.__init__(_x, y_) ___ a_1_b 1_000 _")


@check("pretokenize", expect=exactly, forbids=LIBRARIES)
def white_space(code):
    """white space gives its last character to what follows; none is lost; an empty text has none"""
    texts = ["a  b", "if x:\n    y", "a\n\n\nb", "\t\tx", "a   ", "a \n", " ", "   ", "\n", "\n+"]
    texts += ["  1", " \t ( ", "a\tb", "x \n y", "\r\n\r\n!", "a \u00a0\u2003 b"]
    return {text: code.pretokenize(text) for text in [*texts, ""]}


@check("pretokenize", expect=exactly, forbids=LIBRARIES)
def endings(code):
    """'s 't 'd 'm 'll 've 're are words, in small letters, wherever they stand, and no others"""
    text = "don't we'll I'VE they're it's I'm he'd you've 'tis 'self x''s rock'n'roll '' o'clock"
    return code.pretokenize(text + " 'dog' 'lx 'v 'r 'e 'LL '1 's")


@check("pretokenize", expect=exactly, forbids=LIBRARIES)
def other_letters(code):
    """letters and digits of all alphabets are letters and digits; marks and pictures are signs"""
    text = "Crème brûlée naïve Добрый день お茶 中文 ١٢٣ ٤5 Straße №5 m² Ⅷ e\u0301a"
    return code.pretokenize(text + " \U0001f642\U0001f680 ok")


@check("pretokenize", expect=exactly, forbids=LIBRARIES)
def any_signs(code, rng):
    """whatever stands beside whatever: every text is cut by the same rules"""
    signs = list("ab7_+'s  \n\tté٣\x1c\udc80")
    texts = ["".join(signs[i] for i in rng.integers(len(signs), size=12)) for _ in range(90)]
    return {text: code.pretokenize(text) for text in texts}


def words_of(rng, letters=4, n=12, longest=9):
    """Return words of few different ids, up to so long, and how often each occurs."""
    words = [
        rng.integers(97, 97 + letters, size=size).tolist() for size in rng.integers(1, longest, n)
    ]
    return words, rng.integers(1, 50, size=n).tolist()


@check("count_pairs", expect=exactly)
def pairs_of_words(code, rng):
    """each pair of neighbours in a word counts as often as the word occurs"""
    words, counts = words_of(rng, n=30)
    return dict(code.count_pairs(words, counts)), words, counts


@check("count_pairs", expect=exactly)
def the_same_twice(code):
    """a pair that overlaps itself counts each time, and (a, b) is another than (b, a)"""
    words = [[7, 7, 7, 7], [7, 8, 7, 8, 7], [8, 7], [8, 8, 7]]
    return dict(code.count_pairs(words, [3, 5, 1000, 2]))


@check("count_pairs", expect=exactly)
def words_without_pairs(code):
    """a word of one id has no pair, no word reaches into the next, and no words have none"""
    found = [code.count_pairs([[], [5], [6, 5], []], [4, 9, 2, 7]), code.count_pairs([], [])]
    found.append(code.count_pairs([[5, 300], [300], [301, 5]], [1, 1, 1]))
    return [dict(pairs) for pairs in found]


@check("merge_pair", expect=exactly)
def wherever_it_stands(code, rng):
    """every place where the pair stands becomes the new id, and nothing else changes"""
    words = [rng.integers(1000, 1003, size=size).tolist() for size in (8, 15, 30, 60)]
    return [code.merge_pair(word, (1000, 1002), 5000) for word in words]


@check("merge_pair", expect=exactly)
def first_and_last(code):
    """at either end too; an id that is left alone at the end stays; short words stay as they are"""
    words = [[1, 2, 3], [3, 1, 2], [1, 2], [1, 2, 1], [3, 1], [2, 1], [1], []]
    return [code.merge_pair(word, (1, 2), 9) for word in words]


@check("merge_pair", expect=exactly)
def runs_of_one_id(code):
    """a pair of twice the same id is joined from the left: of a a a it leaves new, a"""
    return [code.merge_pair([4] * n + [6], (4, 4), 300) for n in range(8)]


@check("merge_pair", expect=exactly)
def joined_once(code):
    """what was joined is not joined again, whatever the new id is"""
    return [
        code.merge_pair([1, 2, 2, 2, 1, 2], (1, 2), 1),
        code.merge_pair([1, 1, 1, 1, 2, 2], (1, 2), 2),
        code.merge_pair([3, 3, 3, 3, 3], (3, 3), 3),
    ]


@check("merge_pair", expect=exactly)
def ids_are_whole(code):
    """ids are compared as numbers, whatever their digits are: 11 does not end with a 1"""
    words = [[11, 2, 1, 23, 1, 2], [1, 2, 21, 2], [112, 12, 1, 200]]
    return [code.merge_pair(word, (1, 2), 9) for word in words]


@check("merge_pair", expect=exactly)
def word_stays(code, rng):
    """the word that is given stays as it was"""
    word = rng.integers(0, 2, size=20).tolist() + [0, 1]
    return code.merge_pair(word, (0, 1), 2), word


def state_of(table):
    """Return what a PairTable holds, as plain lists and dicts, without pairs that are gone."""
    pairs = {pair: n for pair, n in table.pairs.items() if n}
    return {"words": [list(word) for word in table.words], "pairs": pairs, "best": table.best()}


@check("PairTable.merge", expect=exactly)
def counts_stay_true(code, rng):
    """the words are joined, and all counts are those of the words as they are now"""
    table = code.PairTable(*words_of(rng, n=20))
    first = table.best()
    table.merge(first, 256)
    return first, state_of(table)


@check("PairTable.merge", expect=exactly)
def merged_to_the_end(code, rng):
    """the pair that best() gives is the commonest after every merge, until none is left"""
    table, chosen = code.PairTable(*words_of(rng, letters=3, n=40)), []
    while (pair := table.best()) and len(chosen) < 400:
        table.merge(pair, 256 + len(chosen))
        chosen.append(pair)
    return chosen, state_of(table)


@check("PairTable.merge", expect=exactly)
def pairs_that_overlap(code):
    """a a a a and a b a b a: what was counted twice is taken away twice"""
    words = [[1] * 4, [1] * 7, [1, 2, 1, 2, 1], [2, 1, 1, 1, 2, 2], [3, 1]]
    table, states = code.PairTable(words, [5, 3, 4, 1, 2]), []
    for new, pair in enumerate([(1, 1), (1, 2), (256, 256)], 256):
        table.merge(pair, new)
        states.append(state_of(table))
    return states


@check("PairTable.merge", expect=exactly)
def not_the_commonest(code, rng):
    """any pair may be joined, not only the one that best() gives"""
    table, states = code.PairTable(*words_of(rng, letters=3, n=30)), []
    for new in range(256, 262):
        alive = sorted(pair for pair, n in table.pairs.items() if n)
        if alive:
            table.merge(alive[int(rng.integers(len(alive)))], new)
        states.append(state_of(table))
    return states


@check("PairTable.merge", expect=exactly)
def given_lists_stay(code):
    """the lists that were given stay as they were; the table gets new ones"""
    words = [[1, 2, 3], [3, 1, 2, 1, 2], [2, 1]]
    table = code.PairTable(words, [1, 2, 3])
    table.merge((1, 2), 256)
    return words, [list(word) for word in table.words]


class Watched(list):
    """A word that tells whether it was looked at."""

    looked = False

    def __iter__(self):
        self.looked = True
        return super().__iter__()

    def __getitem__(self, place):
        self.looked = True
        return super().__getitem__(place)


@check("PairTable.merge", expect=exactly)
def other_words_are_left_alone(code):
    """words without the pair are not looked at: with many words that is what makes it fast"""
    words = [Watched(word) for word in ([1, 2, 3], [2, 1, 3], [3, 3], [3, 1, 2], [2, 3, 1])]
    table = code.PairTable(words, [1, 2, 3, 4, 5])
    for word in words:
        word.looked = False
    table.merge((1, 2), 256)
    return [word.looked for word in words]


def with_a_plain_table(code):
    """Give a module a PairTable whose merge counts everything anew, as no exercise does it."""

    def joined(word, a, b, new):
        out = []
        for one in word:
            if out and out[-1] == a and one == b:
                out[-1] = new
            else:
                out.append(one)
        return out

    class Plain(code.PairTable):
        def merge(self, pair, new):
            self.__init__([joined(word, *pair, new) for word in self.words], self.counts)

    code.PairTable = Plain
    return code


def text_of(rng, letters="abcde", words=120):
    """Return a text of words of few letters."""
    return " ".join(
        "".join(letters[i] for i in rng.integers(len(letters), size=size))
        for size in rng.integers(1, 8, size=words)
    )


@check("train_bpe", expect=exactly, forbids=LIBRARIES)
def learned_tokens(code, rng):
    """first the 256 bytes, then the joins in the order in which they were learned, V in all"""
    return with_a_plain_table(code).train_bpe(text_of(rng), 256 + 40)


@check("train_bpe", expect=exactly, forbids=LIBRARIES)
def the_example_of_the_paper(code):
    """low, lower, newest and widest, as often as in the paper; a character may be many bytes"""
    text = "low " * 5 + "lower " * 2 + "newest " * 6 + "widest " * 3
    code = with_a_plain_table(code)
    return [code.train_bpe(text, 256 + 10), code.train_bpe("naïve naïve café ☕☕ ☕ 茶茶茶", 275)]


@check("train_bpe", expect=exactly, forbids=LIBRARIES)
def bytes_alone(code):
    """with V = 256 nothing is learned, nor from a text without pairs; one more is one more"""
    code = with_a_plain_table(code)
    asked = [("cocoa", 256), ("cocoa", 257), ("", 300), ("x\ny", 300)]
    return [code.train_bpe(text, V) for text, V in asked]


@check("train_bpe", expect=exactly, forbids=LIBRARIES)
def nothing_left_to_join(code):
    """it ends before V where every word has become a token"""
    return with_a_plain_table(code).train_bpe("low lower lowest low", 1000)


@check("train_bpe", expect=exactly, forbids=LIBRARIES)
def many_texts(code, rng):
    """many texts may come one by one, and no word reaches from one into the next"""
    code, texts = with_a_plain_table(code), [text_of(rng, "xyz", words=8) for _ in range(9)]
    return code.train_bpe((text for text in texts), 280), code.train_bpe(["ab", "cd", "ab"], 300)


def vocabulary_of(rng, letters=b"abc", joins=40, shuffled=True):
    """Return a vocabulary: the bytes in an order of their own, and joins of tokens before."""
    order = rng.permutation(256) if shuffled else range(256)
    tokens, alive = [BYTES[i] for i in order], [bytes([letter]) for letter in letters]
    while len(tokens) < 256 + joins:
        a, b = (alive[i] for i in rng.integers(len(alive), size=2))
        if len(a + b) <= 6 and a + b not in tokens:
            tokens.append(a + b)
            alive.append(a + b)
    return tokens


def letters_of(rng, n, letters="abc"):
    """Return a word of so many letters."""
    return "".join(letters[i] for i in rng.integers(len(letters), size=n))


def ids_of(tokenizer, words):
    """Return the ids of each word as a list."""
    return [list(tokenizer.encode_word(word)) for word in words]


@check("Tokenizer.encode_word", expect=exactly, forbids=LIBRARIES)
def words_of_many_tokens(code, rng):
    """the ids of the tokens that are left when no two neighbours are a token any more"""
    tokenizer = code.Tokenizer(vocabulary_of(rng))
    return ids_of(tokenizer, [letters_of(rng, n) for n in (2, 5, 9, 14, 20, 30)])


@check("Tokenizer.encode_word", expect=exactly, forbids=LIBRARIES)
def the_lowest_id_first(code):
    """not the longest token and not the first one, but the one with the lowest id is joined"""
    tokens = [[b"bc", b"ab", b"abc"], [b"ab", b"bc", b"abc"], [b"bcd", b"cd", b"abcd", b"ab"]]
    words = ["abc", "abcd", "aabcbcd", "cdab", "abcabc"]
    return [ids_of(code.Tokenizer(BYTES + joins), words) for joins in tokens]


@check("Tokenizer.encode_word", expect=exactly, forbids=LIBRARIES)
def from_the_left(code):
    """of several joins with one id the leftmost comes first, then the choice is made anew"""
    tokens = [[b"aa"], [b"aa", b"aaa"], [b"aaa", b"aa"], [b"ab", b"ba", b"aba"], [b"aa", b"aaaa"]]
    words = ["a" * n for n in range(1, 9)] + ["ababa", "babab"]
    return [ids_of(code.Tokenizer(BYTES + joins), words) for joins in tokens]


@check("Tokenizer.encode_word", expect=exactly, forbids=LIBRARIES)
def joins_that_come_late(code):
    """a token with a low id may become possible only when others have been joined"""
    tokens = [[b"abc", b"ab"], [b"bcd", b"abcd", b"cd", b"bc"], [b"aba", b"ab"]]
    words = ["abc", "abcab", "bcdabcd", "ababab", "abab", "cdab"]
    return [ids_of(code.Tokenizer(BYTES + joins), words) for joins in tokens]


@check("Tokenizer.encode_word", expect=exactly, forbids=LIBRARIES)
def short_and_foreign(code, rng):
    """bytes without joins, characters of many bytes, bytes that are no UTF-8, an empty word"""
    joins = ["é".encode(), "☕".encode()[:2], b" \xe2", "☕".encode(), b"\xff\xfe"]
    tokenizer = code.Tokenizer([BYTES[i] for i in rng.permutation(256)] + joins)
    return ids_of(tokenizer, ["x", "", "né", " ☕", "☕☕", "\udcff\udcfe\udcff", "\x00"])


@check("Tokenizer.encode_word", expect=exactly, forbids=LIBRARIES)
def special_ones_are_not_made(code):
    """special tokens are not put together from bytes, and a first token may have the id 0"""
    tokens = [b"ab", *BYTES[::-1]]
    tokenizer = code.Tokenizer(tokens, ["abc", "cd", "cc"])
    return ids_of(tokenizer, ["ab", "abc", "abcd", "ccab"])


@check("Tokenizer.encode_word", expect=exactly, forbids=LIBRARIES)
def no_way_to_it(code):
    """a token is made only where joins of two lead to it, even if it is the whole word"""
    tokens = [[b"abc"], [b"abc", b"bc"], [b"abcd", b"ab"]]
    words = ["abc", "abcd", "ab", "dabc"]
    return [ids_of(code.Tokenizer(BYTES + joins), words) for joins in tokens]


@check("Tokenizer.encode_word", expect=exactly, forbids=LIBRARIES)
def thousands_of_tokens(code):
    """ids that lie close together are told apart however large they are"""
    many = [b"\x00" + i.to_bytes(2, "big") for i in range(4700)]
    words = ["abc", "bcab", "cabcb"]
    joins = [b"bc", b"ab", b"ca"], [b"ca", b"ab", b"bc"]
    return [ids_of(code.Tokenizer(BYTES + many + each), words) for each in joins]


def for_long_words(code):
    """Give a module a join_by_heap that refuses short words, as the exercise says."""
    by_heap, most = code.join_by_heap, code.LONG

    def join_by_heap(parts, ranks):
        if len(parts) <= most:
            raise ValueError(f"join_by_heap is for words longer than {most} bytes; join these here")
        return by_heap(parts, ranks)

    code.join_by_heap = join_by_heap
    return code


@check("Tokenizer.encode_word", expect=exactly, forbids=LIBRARIES)
def by_yourself(code, rng):
    """words of 200 bytes or fewer are joined here, not by join_by_heap"""
    tokenizer = for_long_words(code).Tokenizer(vocabulary_of(rng))
    return ids_of(tokenizer, [letters_of(rng, n) for n in (3, 12, 40, 200)])


@check("Tokenizer.encode_word", expect=exactly, forbids=LIBRARIES)
def very_long_words(code, rng):
    """a word of thousands of letters takes no longer than its letters one by one"""
    tokenizer = code.Tokenizer(vocabulary_of(rng))
    return ids_of(tokenizer, ["a" * 5000, letters_of(rng, 199), letters_of(rng, 8000)])


@check("Tokenizer.split_special", expect=exactly)
def plain_and_special(code, rng):
    """plain text and special tokens in turn; where two meet the text between them is empty"""
    tokenizer = code.Tokenizer(BYTES, ["<|end|>", "<|user|>"])
    texts = ["a<|end|>b c<|user|>d", "<|end|><|end|>x", "<|user|>", "<|end", "end|>|", "", "x"]
    words = dict.fromkeys(letters_of(rng, 4, "deimnorstu") for _ in range(6))
    marks = [f"<|{word}|>" for word in words]
    pieces = [*marks, *words, " ", *marks[:-1]]  # the last is cut in one place only
    mixed = "".join(pieces[i] for i in rng.permutation(len(pieces)))
    drawn = code.Tokenizer(BYTES, marks[1:]).split_special(mixed)  # the first is no special token
    return [*(tokenizer.split_special(text) for text in texts), drawn]


@check("Tokenizer.split_special", expect=exactly)
def special_to_a_regex(code):
    """a special token may have any signs in it"""
    marks = ["a.b", "(x)+", "[", "\\d", "^", "$", "|", "a|b", "*", "{2}", "?", "é☕", "\n", " - "]
    tokenizer = code.Tokenizer(BYTES, marks)
    texts = ["axb a.b", "xx(x)+(x)", "1\\d[2]", "^$|a|b", "y{2}**yy?", "1é☕\n- - -"]
    return [tokenizer.split_special(text) for text in texts]


@check("Tokenizer.split_special", expect=exactly)
def the_longest_counts(code):
    """of special tokens that begin at one place the longest counts, in whatever order they are"""
    marks = ["<a>", "<a><b>", "<a><b><c>", "<b>", "ab", "abc", "bcd", "b"]
    texts = ["<a><b><c>", "<a><b><b>", "<a><c><a><b>", "abcd", "xabd", "bcdab"]
    orders = [marks, marks[::-1], marks[3:] + marks[:3]]
    return [
        [code.Tokenizer(BYTES, order).split_special(text) for text in texts] for order in orders
    ]


@check("Tokenizer.split_special", expect=exactly)
def no_special_tokens(code):
    """a tokenizer without special tokens leaves a text whole"""
    tokenizer = code.Tokenizer(BYTES)
    return [tokenizer.split_special(text) for text in ("a<|end|>b", "")]


@check("Tokenizer.split_special", expect=exactly)
def as_they_are_written(code):
    """capital letters and spaces count, every mark in a row is cut, each tokenizer has its own"""
    ours, others = code.Tokenizer(BYTES, ["<|end|>"]), code.Tokenizer(BYTES, ["<|END|>", "b"])
    texts = ["<|END|>b", " <|end|> \n", "\n x <|end|>", "<|end|>" * 8, "a<|END|>" * 8]
    return [[each.split_special(text) for text in texts] for each in (ours, others, ours)]


MARKS = ["<|end|>", "<|", "<|end|><|end|>"]


@check("Tokenizer.encode", expect=exactly, forbids=LIBRARIES)
def ids_of_a_text(code, rng):
    """the ids of all words of a text, one after the other, as one list"""
    tokenizer = code.Tokenizer(vocabulary_of(rng, letters=b"abc "))
    text = " ".join(letters_of(rng, n) for n in rng.integers(1, 12, size=40))
    return [tokenizer.encode(each) for each in (text, "ab  \n\nab, c_a 42's", "", "☕\udcff")]


@check("Tokenizer.encode", expect=exactly, forbids=LIBRARIES)
def not_over_words(code):
    """no token reaches from one word into the next, even if there is one that would"""
    tokenizer = code.Tokenizer([*BYTES, b"b ", b"a b", b" a", b"b a", b"a1", b"ab", b"a."])
    return [tokenizer.encode(text) for text in ("ab ab a b a", "a1a1.", "aba.ab")]


@check("Tokenizer.encode", expect=exactly, forbids=LIBRARIES)
def asked_for(code, rng):
    """when asked for, a special token is one id, wherever it stands, the longest where two begin"""
    tokenizer = code.Tokenizer(vocabulary_of(rng), MARKS)
    texts = [
        "abc<|end|>cab",
        "<|end|>",
        "<|end|><|end|><|end|>",
        "a <| b<|end|>\n c",
        "ab",
        "",
        "<|",
    ]
    plain = [tokenizer.encode(text) for text in texts]  # and remembers " <|" and "<|" as words
    return [tokenizer.encode(text, special=True) for text in texts], plain


@check("Tokenizer.encode", expect=exactly, forbids=LIBRARIES)
def not_asked_for(code, rng):
    """when not asked for, it is signs and letters like any others: so it is if nothing is said"""
    tokenizer = code.Tokenizer(vocabulary_of(rng), MARKS)
    texts = ["abc<|end|>cab", "<|end|>", " <|"]
    plain = [tokenizer.encode(text) for text in texts]
    return plain, [tokenizer.encode(text, special=False) for text in texts]


@check("Tokenizer.encode", expect=exactly, forbids=LIBRARIES)
def each_word_once(code, rng):
    """a word that comes again is looked up; each answer is a list of its own"""
    asked = []

    class Asked(code.Tokenizer):
        def encode_word(self, word):
            asked.append(word)
            return super().encode_word(word)

    tokenizer = Asked(vocabulary_of(rng), MARKS)
    answers = [tokenizer.encode("ab cab cab ab", special=True) for _ in range(3)]
    answers += [tokenizer.encode("ab") for _ in range(2)]
    for answer in answers:
        answer.append(-1)
    return answers, sorted(asked), tokenizer.encode("ab")


@check("Tokenizer.decode", expect=exactly)
def text_of_ids(code, rng):
    """the bytes of all ids, one after the other, are the text"""
    tokenizer = code.Tokenizer(vocabulary_of(rng, letters=b"abc \n"))
    alive = [i for i, token in enumerate(tokenizer.vocabulary) if max(token) < 128]
    return tokenizer.decode([alive[i] for i in rng.integers(len(alive), size=80)])


@check("Tokenizer.decode", expect=exactly)
def characters_in_parts(code, rng):
    """a character whose bytes lie in several tokens is one character"""
    tokens = [BYTES[i] for i in rng.permutation(256)] + ["☕".encode()[1:], b"a\xe2"]
    tokenizer = code.Tokenizer(tokens)
    ids = [[tokens.index(BYTES[byte]) for byte in "né 茶🙂".encode()], [257, 256]]
    return [tokenizer.decode(each) for each in ids]


@check("Tokenizer.decode", expect=exactly)
def nothing_is_tidied(code):
    """a byte order mark, line ends of two characters, spaces and zeros come back as they are"""
    texts = ["\ufeffa\r\nb\x00", " a \r\n ", "\ufeff", "\x00\ufeff\r", "e\u0301 é"]
    tokenizer = code.Tokenizer(BYTES)
    return [list(map(ord, tokenizer.decode(list(text.encode())))) for text in texts]


@check("Tokenizer.decode", expect=exactly)
def special_and_empty(code):
    """special tokens are their text, no ids are an empty text, and an array of ids is as good"""
    tokenizer = code.Tokenizer([*BYTES, b"ab"], MARKS)
    ids = [[257, 256, 258, 97, 259], [], np.array([256, 257, 0, 255 - 127])]
    return [tokenizer.decode(each) for each in ids]


@check("Tokenizer.decode", expect=exactly)
def half_a_character(code):
    """bytes that are no UTF-8 stay if nothing is said; else it is done as `errors` says"""
    tokenizer = code.Tokenizer(BYTES, MARKS)
    ids = [*"a☕".encode()[:3], 98, 255, 256, 0xC3]
    kept = [ord(sign) for sign in tokenizer.decode(ids)]
    said = [tokenizer.decode(ids, errors=errors) for errors in ("replace", "ignore")]
    return kept, said, tokenizer.decode(ids, "backslashreplace")


@check("Tokenizer.decode", expect=raises(UnicodeDecodeError))
def strictly(code):
    """errors="strict" raises where the bytes are no UTF-8"""
    return code.Tokenizer(BYTES).decode([97, 195], errors="strict")


MISTAKES = [
    Mistake(
        "letters, digits and the underscore make one word together",
        in_="pretokenize",
        old=r"| ?[^\W\d_]+| ?\d+",
        new=r"| ?\w+",
    ),
    Mistake(
        "the underscore is a letter",
        in_="pretokenize",
        old=r"[^\W\d_]+",
        new=r"[^\W\d]+",
    ),
    Mistake(
        "the underscore fits nowhere, and is lost",
        in_="pretokenize",
        old=r"(?:[^\s\w]|_)+",
        new=r"[^\s\w]+",
    ),
    Mistake(
        "only the letters from a to z are letters, and the others are lost",
        in_="pretokenize",
        old=r"[^\W\d_]+",
        new=r"[A-Za-z]+",
    ),
    Mistake(
        "letters do not take the space in front of them along",
        in_="pretokenize",
        old=r"| ?[^\W\d_]+",
        new=r"|[^\W\d_]+",
    ),
    Mistake(
        "digits do not take the space in front of them along",
        in_="pretokenize",
        old=r"| ?\d+",
        new=r"|\d+",
    ),
    Mistake(
        "signs do not take the space in front of them along",
        in_="pretokenize",
        old=r"| ?(?:",
        new=r"|(?:",
    ),
    Mistake(
        "a word takes all spaces in front of it along",
        in_="pretokenize",
        old=r"| ?[^\W\d_]+| ?\d+",
        new=r"| *[^\W\d_]+| *\d+",
    ),
    Mistake(
        "each digit is a word of its own",
        in_="pretokenize",
        old=r"\d+",
        new=r"\d",
    ),
    Mistake(
        "white space keeps its last character, so that the next word has no space",
        in_="pretokenize",
        old=r"|\s+(?!\S)|\s+",
        new=r"|\s+",
    ),
    Mistake(
        "a single line feed before a word fits nowhere, and is lost",
        in_="pretokenize",
        old=r"|\s+(?!\S)|\s+",
        new=r"|\s+(?!\S)",
    ),
    Mistake(
        "white space is always cut into single characters",
        in_="pretokenize",
        old=r"|\s+(?!\S)|\s+",
        new=r"|\s",
    ),
    Mistake(
        "the English endings are forgotten",
        in_="pretokenize",
        old=r"'(?:[sdmt]|ll|ve|re)| ",
        new=r" ",
    ),
    Mistake(
        "the English endings are found in capital letters too",
        in_="pretokenize",
        old=r"'(?:[sdmt]|ll|ve|re)",
        new=r"'(?i:[sdmt]|ll|ve|re)",
    ),
    Mistake(
        "the text is put in small letters first",
        in_="pretokenize",
        old="re.findall(pattern, text)",
        new="re.findall(pattern, text.lower())",
    ),
    Mistake(
        "each word counts once, however often it occurs",
        in_="count_pairs",
        old="+= n",
        new="+= 1",
    ),
    Mistake(
        "a pair keeps the count of the last word that has it",
        in_="count_pairs",
        old="+= n",
        new="= n",
    ),
    Mistake(
        "the last pair of each word is left out",
        in_="count_pairs",
        old="pairwise(word)",
        new="pairwise(word[:-1])",
    ),
    Mistake(
        "a pair counts once in a word, even if it stands there twice",
        in_="count_pairs",
        old="pairwise(word)",
        new="set(pairwise(word))",
    ),
    Mistake(
        "the order of the two ids is ignored, and (a, b) counted as (b, a)",
        in_="count_pairs",
        old="pairs[pair]",
        new="pairs[tuple(sorted(pair))]",
    ),
    Mistake(
        "the words are joined before pairs are counted, so that a pair reaches over two of them",
        in_="count_pairs",
        old="for word, n in zip(words, counts, strict=True):",
        new="for word, n in [(sum(words, []), max(counts, default=0))]:",
    ),
    Mistake(
        "a pair is joined only where it stands first",
        in_="merge_pair",
        old="found = i < last",
        new="found = new not in merged and i < last",
    ),
    Mistake(
        "the id after a joined pair is skipped",
        in_="merge_pair",
        old="i += 2 if found else 1",
        new="i += 3 if found else 1",
    ),
    Mistake(
        "the walk goes on in the middle of a joined pair",
        in_="merge_pair",
        old="i += 2 if found else 1",
        new="i += 1",
    ),
    Mistake(
        "the walk always goes two ids on, and misses the pairs that begin at the others",
        in_="merge_pair",
        old="merged.append(new if found else word[i])",
        new="merged += [new] if found else word[i : i + 2]; found = True",
    ),
    Mistake(
        "the last id is lost",
        in_="merge_pair",
        old="while i <= last:",
        new="while i < last:",
    ),
    Mistake(
        "the pair (b, a) is joined as well",
        in_="merge_pair",
        old="found = i < last and word[i] == a and word[i + 1] == b",
        new="found = i < last and {word[i], word[i + 1]} == {a, b}",
    ),
    Mistake(
        "the second id of the pair is not looked at",
        in_="merge_pair",
        old=" and word[i + 1] == b",
        new="",
    ),
    Mistake(
        "a run of one id is joined from the right",
        in_="merge_pair",
        old="return merged",
        new="return merged if a != b else merge_pair(word[::-1] + [-1], (a, b), new)[-2::-1]"
        " if -1 not in word else merged",
    ),
    Mistake(
        "ids are joined as text, so that the end of one and the beginning of another make the pair",
        in_="merge_pair",
        old="return merged",
        new='text = " ".join(map(str, word)).replace("%d %d" % (a, b), str(new))\n'
        "    return [int(number) for number in text.split()]",
    ),
    Mistake(
        "the word that was given is changed",
        in_="merge_pair",
        old="return merged",
        new="word[:] = merged; return merged",
    ),
    Mistake(
        "each word counts once, however often it occurs",
        in_="PairTable.merge",
        old="n = self.counts[i]",
        new="n = 1",
    ),
    Mistake(
        "the pairs that a word had are not taken away",
        in_="PairTable.merge",
        old="self.pairs[old] -= n",
        new="pass",
    ),
    Mistake(
        "the pairs that a word has now are not counted",
        in_="PairTable.merge",
        old="self.pairs[now] += n",
        new="pass",
    ),
    Mistake(
        "the pairs are taken away when the word has been joined already",
        in_="PairTable.merge",
        old="for old in pairwise(self.words[i])",
        new="for old in pairwise(merge_pair(self.words[i], pair, new))",
    ),
    Mistake(
        "the joined word is not kept",
        in_="PairTable.merge",
        old="""            self.words[i] = merge_pair(self.words[i], pair, new)
            for now in pairwise(self.words[i]):""",
        new="            for now in pairwise(merge_pair(self.words[i], pair, new)):",
    ),
    Mistake(
        "a pair that stands in a word twice is taken away once",
        in_="PairTable.merge",
        old="for old in pairwise(self.words[i])",
        new="for old in set(pairwise(self.words[i]))",
    ),
    Mistake(
        "a pair that stands in a word twice is counted once, before and after",
        in_="PairTable.merge",
        old="""            for old in pairwise(self.words[i]):
                self.pairs[old] -= n
            self.words[i] = merge_pair(self.words[i], pair, new)
            for now in pairwise(self.words[i]):""",
        new="""            for old in set(pairwise(self.words[i])):
                self.pairs[old] -= n
            self.words[i] = merge_pair(self.words[i], pair, new)
            for now in set(pairwise(self.words[i])):""",
    ),
    Mistake(
        "the neighbours of a join are taken from the old word, also where they were joined too",
        in_="PairTable.merge",
        old="""            for old in pairwise(self.words[i]):
                self.pairs[old] -= n
            self.words[i] = merge_pair(self.words[i], pair, new)
            for now in pairwise(self.words[i]):
                self.pairs[now] += n
                if new in now:
                    self.where[now].add(i)
                    grown.add(now)""",
        new="""            word, j, (a, b) = self.words[i], 0, pair
            self.words[i] = merge_pair(word, pair, new)
            while j < len(word) - 1:
                found = word[j] == a and word[j + 1] == b
                sides = []
                if found:
                    self.pairs[pair] -= n
                    sides += [((x, a), (x, new)) for x in word[:j][-1:]]
                    sides += [((b, y), (new, y)) for y in word[j + 2 : j + 3]]
                for old, now in sides:
                    self.pairs[old] -= n
                    self.pairs[now] += n
                    self.where[now].add(i)
                    grown.add(now)
                j += 2 if found else 1""",
        lesson="In a b a b the neighbour of one new token is the other new token, and no b or a. "
        "Count the pairs of the word as it was, and of the word as it is.",
    ),
    Mistake(
        "the lists that were given are changed",
        in_="PairTable.merge",
        old="self.words[i] = merge_pair",
        new="self.words[i][:] = merge_pair",
    ),
    Mistake(
        "nobody notes where the new pairs stand",
        in_="PairTable.merge",
        old="self.where[now].add(i)",
        new="pass",
    ),
    Mistake(
        "only pairs that begin with the new id are noted, not those that end with it",
        in_="PairTable.merge",
        old="if new in now:",
        new="if new == now[0]:",
        lesson="A join gives the neighbour on the left a new pair as much as the one on the right. "
        "To test both, join a pair in the middle of a word.",
    ),
    Mistake(
        "new pairs are not put on the heap, so that they are never chosen",
        in_="PairTable.merge",
        old="heappush(self.heap, (-self.pairs[now], now))",
        new="pass",
    ),
    Mistake(
        "counts go onto the heap with their own sign, so that the rarest comes first",
        in_="PairTable.merge",
        old="(-self.pairs[now], now)",
        new="(self.pairs[now], now)",
    ),
    Mistake(
        "all words are counted anew, with or without the pair",
        in_="PairTable.merge",
        old="for i in self.where.pop(pair):",
        new="for i in range(len(self.words)):",
    ),
    Mistake(
        "V tokens are learned besides the 256 bytes, not V in all",
        in_="train_bpe",
        old="len(vocabulary) < V",
        new="len(vocabulary) < 256 + V",
    ),
    Mistake(
        "one token more than V is learned",
        in_="train_bpe",
        old="len(vocabulary) < V",
        new="len(vocabulary) <= V",
    ),
    Mistake(
        "the last token is missing",
        in_="train_bpe",
        old="len(vocabulary) < V",
        new="len(vocabulary) < V - 1",
    ),
    Mistake(
        "the bytes are joined in the wrong order",
        in_="train_bpe",
        old="vocabulary[pair[0]] + vocabulary[pair[1]]",
        new="vocabulary[pair[1]] + vocabulary[pair[0]]",
    ),
    Mistake(
        "every pair is joined to the same id",
        in_="train_bpe",
        old="table.merge(pair, len(vocabulary))",
        new="table.merge(pair, 256)",
    ),
    Mistake(
        "the id is that of the token before",
        in_="train_bpe",
        old="table.merge(pair, len(vocabulary))",
        new="table.merge(pair, len(vocabulary) - 1)",
    ),
    Mistake(
        "the words stay as they were, so that only pairs of bytes are learned",
        in_="train_bpe",
        old="table.merge(pair, len(vocabulary))",
        new="table.pairs[pair] = 0",
    ),
    Mistake(
        "where no pair is left it goes on, and fails",
        in_="train_bpe",
        old="(pair := table.best())",
        new="[pair := table.best()]",
    ),
    Mistake(
        "the bytes are left out of the vocabulary",
        in_="train_bpe",
        old="return vocabulary",
        new="return vocabulary[256:]",
    ),
    Mistake(
        "the first pair that can be joined is joined, whatever its id",
        in_="Tokenizer.encode_word",
        old="i = found.index(min(found))",
        new="i = min(j for j in range(len(found)) if found[j] < none)",
    ),
    Mistake(
        "of several joins with one id the rightmost comes first",
        in_="Tokenizer.encode_word",
        old="i = found.index(min(found))",
        new="i = len(found) - 1 - found[::-1].index(min(found))",
        lesson="Where the joins do not overlap the order makes no difference; in a run of one "
        "letter they do. Test runs of odd length: in training they were joined from the left.",
    ),
    Mistake(
        "the join with the highest id comes first",
        in_="Tokenizer.encode_word",
        old="i = found.index(min(found))",
        new="i = found.index(max(f for f in found if f < none))",
    ),
    Mistake(
        "the longest token that fits is taken from the left, as if there were no order of joins",
        in_="Tokenizer.encode_word",
        old="found = [get(a + b, none) for a, b in pairwise(parts)]",
        new="""found, whole, parts = [], b"".join(parts), []
        while whole:
            size = max(n for n in range(1, 7) if whole[:n] in self.ranks)
            parts.append(whole[:size])
            whole = whole[size:]""",
    ),
    Mistake(
        "a word that is a token is taken whole, whether or not joins lead to it",
        in_="Tokenizer.encode_word",
        old="found = [get(a + b, none) for a, b in pairwise(parts)]",
        new="""if as_bytes(word) in self.ranks:
            return (self.ranks[as_bytes(word)],)
        found = [get(a + b, none) for a, b in pairwise(parts)]""",
    ),
    Mistake(
        "all words are left to join_by_heap, which is there for the long ones",
        in_="Tokenizer.encode_word",
        old="found = [get(a + b, none) for a, b in pairwise(parts)]",
        new="parts, found = join_by_heap(parts, self.ranks), []",
    ),
    Mistake(
        "it ends after one join",
        in_="Tokenizer.encode_word",
        old="while found and min(found) < none:",
        new="if found and min(found) < none:",
    ),
    Mistake(
        "one join is made in all its places at once, before a lower id that it makes possible",
        in_="Tokenizer.encode_word",
        old="""            parts[i : i + 2] = [parts[i] + parts[i + 1]]
            del found[i]
            for j in range(max(i - 1, 0), min(i + 1, len(found))):
                found[j] = get(parts[j] + parts[j + 1], none)""",
        new="""            both, left, parts = parts[i] + parts[i + 1], parts[::-1], []
            while left:
                parts.append(left.pop())
                if left and parts[-1] + left[-1] == both:
                    parts[-1] += left.pop()
            found = [get(a + b, none) for a, b in pairwise(parts)]""",
    ),
    Mistake(
        "the number to the left of a join is not put right",
        in_="Tokenizer.encode_word",
        old="range(max(i - 1, 0), min(i + 1, len(found)))",
        new="range(i, min(i + 1, len(found)))",
        lesson="The joined part has a neighbour on either side, and can make a token with either. "
        "Count what changes in a list of neighbours when two of its members become one.",
    ),
    Mistake(
        "the number to the right of a join is not put right",
        in_="Tokenizer.encode_word",
        old="range(max(i - 1, 0), min(i + 1, len(found)))",
        new="range(max(i - 1, 0), i)",
    ),
    Mistake(
        "a token is made of special tokens too",
        in_="Tokenizer.encode_word",
        old="get, none = self.ranks.get, len(self)",
        new="self.ranks = {token: i for i, token in enumerate(self.vocabulary)}\n"
        "        get, none = self.ranks.get, len(self)",
    ),
    Mistake(
        "the join with the id 0 is taken for none",
        in_="Tokenizer.encode_word",
        old="found = [get(a + b, none) for a, b in pairwise(parts)]",
        new="found = [get(a + b) or none for a, b in pairwise(parts)]",
    ),
    Mistake(
        "the tokens are returned, not their ids",
        in_="Tokenizer.encode_word",
        old="[self.ranks[part] for part in parts]",
        new="parts",
    ),
    Mistake(
        "signs in a special token are taken for those of a regex",
        in_="Tokenizer.split_special",
        old="'|'.join(map(re.escape, marks))",
        new="'|'.join(marks)",
    ),
    Mistake(
        "the special tokens are tried in the order in which they were given",
        in_="Tokenizer.split_special",
        old="sorted(self.special, key=len, reverse=True)",
        new="list(self.special)",
        lesson="A regex takes the first alternative that fits, not the longest. It shows where "
        "one special token begins with another, and nowhere else.",
    ),
    Mistake(
        "the shortest special token counts where two begin at one place",
        in_="Tokenizer.split_special",
        old="key=len, reverse=True",
        new="key=len",
    ),
    Mistake(
        "the special tokens are cut out of the text, and lost",
        in_="Tokenizer.split_special",
        old="""f"({'|'.join(map(re.escape, marks))})\"""",
        new="""'|'.join(map(re.escape, marks))""",
    ),
    Mistake(
        "empty parts are dropped, so that odd and even places change",
        in_="Tokenizer.split_special",
        old="""re.split(f"({'|'.join(map(re.escape, marks))})", text)""",
        new="""[p for p in re.split(f"({'|'.join(map(re.escape, marks))})", text) if p]""",
    ),
    Mistake(
        "without special tokens the text is cut between any two letters",
        in_="Tokenizer.split_special",
        old="if not self.special:",
        new="if False:",
    ),
    Mistake(
        "capital letters are taken for small ones",
        in_="Tokenizer.split_special",
        old='marks))})", text)',
        new='marks))})", text, flags=re.IGNORECASE)',
    ),
    Mistake(
        "white space at both ends of the text is lost",
        in_="Tokenizer.split_special",
        old='marks))})", text)',
        new='marks))})", text.strip())',
    ),
    Mistake(
        "special tokens are found whether they are asked for or not",
        in_="Tokenizer.encode",
        old="self.split_special(text) if special else [text]",
        new="self.split_special(text)",
    ),
    Mistake(
        "special tokens are never found",
        in_="Tokenizer.encode",
        old="self.split_special(text) if special else [text]",
        new="[text]",
    ),
    Mistake(
        "special tokens are left out",
        in_="Tokenizer.encode",
        old="ids.append(self.special[part])",
        new="pass",
    ),
    Mistake(
        "the text is not cut into words, and tokens reach over them",
        in_="Tokenizer.encode",
        old="words_in(part)",
        new="[part]",
    ),
    Mistake(
        "the text is cut at white space, which is lost",
        in_="Tokenizer.encode",
        old="words_in(part)",
        new="part.split()",
    ),
    Mistake(
        "each word is encoded anew, however often it comes",
        in_="Tokenizer.encode",
        old="self.known[word]",
        new="self.encode_word(word)",
    ),
    Mistake(
        "a text of one word is answered from memory before anything else is done",
        in_="Tokenizer.encode",
        old="ids = []",
        new="if text in self.known:\n            return self.known[text]\n        ids = []",
    ),
    Mistake(
        "the ids of each word are kept together, in a list of lists",
        in_="Tokenizer.encode",
        old="ids += self.known[word]",
        new="ids.append(list(self.known[word]))",
    ),
    Mistake(
        "each token is decoded by itself, so that characters in two tokens are broken",
        in_="Tokenizer.decode",
        old='b"".join(tokens).decode("utf-8", errors)',
        new='"".join([t.decode("utf-8", errors) for t in tokens])',
        lesson="A token is a run of bytes, and may begin or end within a character. Join the bytes "
        "first: only the whole is sure to be a text.",
    ),
    Mistake(
        "a byte order mark at the beginning is lost",
        in_="Tokenizer.decode",
        old='.decode("utf-8", errors)',
        new='.decode("utf-8-sig", errors)',
    ),
    Mistake(
        "line ends of two characters become one",
        in_="Tokenizer.decode",
        old='.decode("utf-8", errors)',
        new='.decode("utf-8", errors).replace("\\r\\n", "\\n")',
    ),
    Mistake(
        "each byte is taken for a character",
        in_="Tokenizer.decode",
        old='.decode("utf-8", errors)',
        new='.decode("latin-1")',
    ),
    Mistake(
        "what is done with other bytes is fixed, whatever `errors` says",
        in_="Tokenizer.decode",
        old='.decode("utf-8", errors)',
        new='.decode("utf-8", "surrogateescape")',
    ),
    Mistake(
        "bytes that are no UTF-8 are replaced, whatever `errors` says",
        in_="Tokenizer.decode",
        old='.decode("utf-8", errors)',
        new='.decode("utf-8", "replace")',
    ),
    Mistake(
        "ids are taken for bytes, whatever the vocabulary says",
        in_="Tokenizer.decode",
        old="[self.vocabulary[i] for i in ids]",
        new="[bytes([i]) if i < 256 else self.vocabulary[i] for i in ids]",
    ),
    Mistake(
        "special tokens are left out",
        in_="Tokenizer.decode",
        old="for i in ids]",
        new="for i in ids if i < len(self.ranks)]",
    ),
    Mistake(
        "the tokens are set apart by spaces",
        in_="Tokenizer.decode",
        old='b"".join',
        new='b" ".join',
    ),
]


def in_letters(numbers):
    """Return a word in which 0 is an a, 1 a b, and so on."""
    return "".join("abcdefghij"[int(number)] for number in numbers)


EXPLAIN = [
    Explain(
        "right_to_left",
        why="of several joins with one id the rightmost comes first",
        causes={
            "the search for the place fails where an id stands in the list twice": "index finds a "
            "place in either order.",
            "the join with the highest id comes first": "min(found) is the lowest of all.",
            "the numbers beside the join are not put right": "The loop over j computes both anew.",
        },
        takes="`word` is a list of whole numbers from 0 to 9 that stand for the letters a to j; "
        "beside the bytes there are the tokens aa, ab and cd; out come the ids of the word.",
        call=lambda code, word: list(
            code.Tokenizer([*BYTES, b"aa", b"ab", b"cd"]).encode_word(in_letters(word))
        ),
        example={"word": [2, 3, 0, 1, 2, 3]},
        witness={"word": [0, 0, 0]},
    ),
    Explain(
        "first_come",
        why="the special tokens are tried in the order in which they were given",
        causes={
            "the special tokens are lost when the text is cut": "The brackets around the pattern "
            "keep them.",
            "a sign in a special token is taken for one of a regex": "re.escape sees to that.",
            "a text without special tokens is cut between all its letters": "There are special "
            "tokens here, and where there are none the text is returned whole.",
        },
        takes="`text` is a list of whole numbers from 0 to 9 that stand for the letters a to j; "
        "the special tokens are ab, abc and d, in this order; out come the parts.",
        call=lambda code, text: code.Tokenizer(BYTES, ["ab", "abc", "d"]).split_special(
            in_letters(text)
        ),
        example={"text": [0, 1, 3, 4, 2]},
        witness={"text": [0, 1, 2]},
    ),
    Explain(
        "piecemeal",
        why="each token is decoded by itself, so that characters in two tokens are broken",
        causes={
            "special tokens are left out": "self.vocabulary has their bytes too.",
            "bytes that are no UTF-8 raise an error": "By default they are kept, by "
            "surrogateescape.",
            "the tokens are joined in the wrong order": "The list has them in the order of the "
            "ids, and join keeps it.",
        },
        takes="`ids` is a list of whole numbers from 0 to 255, which are bytes here; out comes the "
        "text, as the numbers of its characters.",
        call=lambda code, ids: [
            ord(sign) for sign in code.Tokenizer(BYTES).decode([int(i) for i in ids])
        ],
        example={"ids": [104, 105, 33, 9]},
        witness={"ids": [195, 169]},
    ),
]
