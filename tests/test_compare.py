"""Comparators: right answers pass by any road, wrong ones are told where they part."""

import math
import time

import numpy as np
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst
from test_codec import ARRAYS, KEYS, SCALARS, TEXTS, VALUES, crossed

from grader.codec import Opaque
from grader.compare import (
    Difference,
    Raised,
    accuracy_at_least,
    at_least,
    close,
    exactly,
    raises,
    return_at_least,
    same_partition,
    same_set,
    up_to_sign,
)
from grader.show import aligned, brief, kind_of, number, one_line, pair, row

few = settings(max_examples=60, deadline=None, derandomize=True, database=None)
many = settings(few, max_examples=120)
nan, inf = math.nan, math.inf


class Stairs:
    """Action 1 climbs, 0 stays; the top is worth 5, each step costs 1."""

    def __init__(self, steps, luck=0.0):
        self.top, self.luck, self.seeds = steps, luck, []

    def reset(self, seed=None):
        if seed is not None:
            self.rng = np.random.default_rng(seed)
            self.seeds.append(seed)
        self.state = 0
        return 0, {}

    def step(self, action):
        if action not in (0, 1):
            raise ValueError(f"no action {action}")
        self.state += int(action == 1 and self.rng.random() >= self.luck)
        at_top = self.state == self.top
        return self.state, 4.0 if at_top else -1.0, at_top, False, {}


COMPARATORS = {
    "close": close(),
    "exactly": exactly,
    "up_to_sign": up_to_sign(),
    "same_partition": same_partition,
    "same_set": same_set,
    "accuracy_at_least": accuracy_at_least(0.9),
    "at_least": at_least(1.0, lambda answer, known: np.sum(answer), "total"),
    "return_at_least": return_at_least(1.0, 2, lambda: Stairs(2), max_steps=3),
    "raises": raises(ValueError),
}
EQUALITIES = ["close", "exactly", "up_to_sign", "same_partition", "same_set"]
ANSWERS = VALUES | st.builds(Opaque, st.text(max_size=300))


def named(value):
    """Return the id of one parameter: its kind, for the value may be a wall."""
    return type(value).__name__


equality = pytest.mark.parametrize("expect", [COMPARATORS[name] for name in EQUALITIES])


def of_one_form(array):
    return npst.arrays(array.dtype, array.shape).map(lambda other: (other, array))


def unzipped(pairs):
    return [yours for yours, _ in pairs], [wanted for _, wanted in pairs]


def unzipped_dict(pairs):
    return tuple({key: pair[side] for key, pair in pairs.items()} for side in (0, 1))


LEAVES = (st.booleans(), st.integers(), st.floats(), TEXTS, st.binary(), SCALARS, ANSWERS)
PAIRS = st.recursive(
    ARRAYS.flatmap(of_one_form) | st.one_of(st.tuples(leaf, leaf) for leaf in LEAVES),
    lambda pairs: (
        st.lists(pairs, max_size=3).map(unzipped)
        | st.dictionaries(KEYS, pairs, max_size=3).map(unzipped_dict)
    ),
    max_leaves=3,
)


def fields(difference):
    return [difference.yours, difference.wanted, difference.remark, difference.where]


def told(expect, yours, wanted, known=None):
    """Return what is told of a wrong answer: yours, wanted and the rest that is said."""
    difference = expect(yours, wanted, known)
    assert difference is not None, "it was accepted"
    return tuple(text for text in fields(difference) if text)


def accepts(expect, yours, wanted, known=None):
    return expect(yours, wanted, known) is None


# What holds for all


@many
@given(PAIRS)
@example(([[1], [1, 2]], np.zeros(2)))
@example((10**400, 1.5))
@example((10**20000, 1))
@example((nan, 10**30))
@example((-inf, -(10**30)))
@example((np.clongdouble(1), 10**30))
@example(("one", None))
@example(({nan: 1}, {nan: 2}))
@example((np.array([]), [np.array([])]))
@example((1.0, np.array([{}, None])))
def test_no_answer_breaks_a_comparator_or_makes_a_wall(pair):
    for expect in COMPARATORS.values():
        difference = expect(*pair, pair[1])
        for text in fields(difference) if difference else ():
            assert len(text) <= 200
            assert text.isprintable()


@many
@given(PAIRS)
def test_two_values_never_look_alike_where_they_differ(pair):
    for name in EQUALITIES:
        if difference := COMPARATORS[name](*pair):
            assert difference.yours != difference.wanted or difference.remark


@many
@given(VALUES)
@example([nan, inf, -inf, -0.0])
@example({nan: nan, (1, nan): {nan}})
@example(np.array([nan, inf + 1j, complex(nan, 1)]))
@example(np.array(True))
@example([10**400, -(10**30)])
@example([np.zeros((0, 3)), np.zeros(0, "U1"), (), {}, set()])
def test_every_value_equals_itself(value):
    for name in EQUALITIES:
        assert accepts(COMPARATORS[name], crossed(value), value)


@equality
def test_what_cannot_be_compared_equals_nothing_not_even_its_like(expect):
    assert not accepts(expect, Opaque("generator"), np.zeros(3))
    assert not accepts(expect, [Opaque("generator")], [np.zeros(3)])
    assert not accepts(expect, np.zeros(3), Opaque("generator"))


@pytest.mark.parametrize("expect", [close(), exactly])
def test_an_object_array_of_the_reference_is_told_not_raised(expect):
    assert not accepts(expect, np.zeros(2), np.array([{}, None]))
    assert not accepts(expect, Opaque("ndarray of object"), np.array([{}, None]))
    assert not accepts(expect, 1, np.datetime64("2020-01-01"))


@pytest.mark.parametrize("field", ["yours", "wanted", "remark", "where"])
def test_a_difference_is_one_short_line_whoever_made_it(field):
    parts = {"yours": "", "wanted": "", field: "begin\n\x1b[31m" + "x" * 10**6 + "end"}
    text = getattr(Difference(**parts), field)
    assert text.startswith("begin")
    assert text.endswith("end")
    assert text.isprintable()
    assert len(text) < 200


# What is told first


@pytest.mark.parametrize("expect", [close(), exactly, up_to_sign()])
@pytest.mark.parametrize(
    ("yours", "wanted", "words"),
    [
        (None, 1.5, ("None", "a number")),
        (1.5, None, ("a number", "None")),
        (True, 1, ("a truth value", "a number")),
        (1, True, ("a number", "a truth value")),
        ("1", 1, ("a text", "a number")),
        (b"ham", "ham", ("bytes", "a text")),
        (Opaque("generator"), np.zeros(3), ("a generator", "an array of shape (3,)")),
        (Opaque("Array"), 1.0, ("an Array", "a number")),
        ([1.0, 2.0], np.zeros(2), ("a list of 2", "an array of shape (2,)")),
        (np.zeros(2), [1.0, 2.0], ("an array of shape (2,)", "a list of 2")),
        (np.zeros(1), 0.0, ("an array of shape (1,)", "a number")),
        (0.0, np.zeros(1), ("a number", "an array of shape (1,)")),
        (np.zeros((3, 1)), np.ones(3, int), ("shape (3, 1)", "shape (3,)")),
        (np.full(2, nan), np.ones(2, int), ("floats (float64)", "whole numbers (int64)")),
        (np.ones(2, bool), np.ones(2), ("truth values (bool)", "floats (float64)")),
        (np.array(["a"]), np.array([b"a"]), ("texts (<U1)", "bytes (|S1)")),
        ({1}, {1: 2}, ("a set of 1", "a dict of 1")),
        ((1, 2, 3), (1, 2), ("3 results", "2 results")),
        (2.0, 1.0, ("2", "1")),
        (True, False, ("True", "False")),
        (nan, 1.0, ("nan", "1")),
        ("spam", "ham", ("'spam'", "'ham'")),
        ({"a": 1}, {"b": 1}, ("keys ['a']", "keys ['b']", "too many 'a', missing 'b'")),
        ({True: 1}, {1: 1}, ("keys [True]", "keys [1]", "too many True, missing 1")),
        ({1, 2}, {2, 3}, ("a set of 2", "a set of 2", "too many 1, missing 3")),
        ([1, [5, 2]], [1, [5, 3]],
         ("2", "3", "the second of 2 results, the second of its 2 parts")),
        ([[1, 2], [3]], [[1, 2], [3, 4]], ("1 part", "2 parts", "the second of 2 results")),
        ({"a": {"b": 1}}, {"a": {"b": 2}}, ("1", "2", "the result for 'a', under 'b'")),
        ({"n = 3": [1, 2]}, {"n = 3": [1, 4]},
         ("2", "4", "the result for 'n = 3', the second of its 2 parts")),
        ([0] * 8 + [1], [0] * 9, ("1", "0", "number 9 of 9 results")),
    ],
    ids=named,
)  # fmt: skip
def test_the_first_thing_that_differs_is_told(expect, yours, wanted, words):
    assert told(expect, yours, wanted) == words


def test_nan_is_told_before_values():
    yours, wanted = np.array([9.0, nan, 3.0]), np.array([1.0, 2.0, 3.0])
    assert told(close(), yours, wanted)[2] == "NaN in yours, first at [1]"
    assert told(close(), wanted, yours)[2] == "not NaN in yours, first at [1]"


def test_the_place_of_the_largest_difference_is_told_and_how_many_differ():
    wanted = np.zeros((4, 25))
    yours = wanted.copy()
    yours[2, 20], yours[0, 1], yours[3, 3] = -7.5, 0.5, 1e-12
    assert told(close(), yours, wanted) == (
        "[… 0  0  -7.5  0  0 …]",
        "[… 0  0   0    0  0 …]",
        "largest difference 7.5 at [2, 20]; 2 of 100 differ",
        "row [2]",
    )


def test_the_row_is_told_inside_its_result():
    assert told(close(), [0, np.eye(2)], [0, np.zeros((2, 2))])[3] == (
        "the second of 2 results, row [0]"
    )


def test_labels_are_told_where_they_first_differ():
    wanted = np.array(["ham", "spam", "ham"])
    assert told(exactly, np.array(["ham", "ham", "spam"]), wanted) == (
        "['ham'  'ham'   'spam']",
        "['ham'  'spam'  'ham' ]",
        "first difference at [1]",
    )
    assert told(exactly, np.arange(1, 4) == 1, np.arange(1, 4) == 9)[2] == (
        "first difference at [0]"
    )


def test_whole_numbers_are_told_in_full():
    assert told(close(), np.array([1234567, 2]), np.array([1234567, 3]))[:2] == (
        "[1234567  2]",
        "[1234567  3]",
    )


@pytest.mark.parametrize(
    ("yours", "wanted"),
    [
        (0.1, np.nextafter(0.1, 1)),
        (np.full(20, 0.1), np.nextafter(np.full(20, 0.1), 1)),
        (np.float32(0.1), np.nextafter(np.float32(0.1), np.float32(1))),
        (np.longdouble(1), np.nextafter(np.longdouble(1), np.longdouble(2))),
        (np.full(3, 1e300j), np.full(3, np.nextafter(1e300, inf) * 1j)),
        (2**62, 2**62 + 1),
        (10**30, 10**30 + 1),
        (3 * 10**99, 3 * 10**99 + 1),
        ("a" * 500 + "b", "a" * 500 + "c"),
        ("a" * 500, "a" * 499),
        (b"\0" * 90 + b"b", b"\0" * 90 + b"c"),
        ("\n" * 90 + "\u2028", "\n" * 90 + "\u2029"),
        (np.array(["a" * 90 + "b"] * 3), np.array(["a" * 90 + "c"] * 3)),
    ],
    ids=named,
)
def test_values_that_differ_are_shown_differently(yours, wanted):
    difference = exactly(yours, wanted)
    assert difference.yours != difference.wanted


def test_huge_numbers_that_differ_in_their_middle_are_told_by_how_much():
    assert told(exactly, 10**5000 + 10**30, 10**5000)[2] == "the difference is 1" + "0" * 30


@few
@given(npst.arrays(np.float64, (2, 9)), st.integers(0, 8))
def test_the_entry_told_is_the_one_that_differs(arrays, at):
    yours, wanted = np.nan_to_num(arrays[0]), np.nan_to_num(arrays[0])
    yours[at] = -wanted[at] or 1.0
    difference = exactly(yours, wanted)
    assert f"at [{at}]; 1 of 9 differ" in difference.remark
    assert difference.yours != difference.wanted


# close and exactly


@pytest.mark.parametrize(
    ("yours", "wanted"),
    [
        (1.0000005, 1.0),
        (1e-10, 0.0),
        (np.full(3, 1.0000005), np.ones(3)),
        (np.ones(3, np.float32), np.ones(3)),
        (np.ones(3, np.int32), np.ones(3, np.uint8)),
        (np.ones(3, ">f8"), np.ones(3)),
        (3, 3.0),
        (3.0, 3),
        (np.int64(3), 3),
        (np.float64(3), np.array(3.0)),
        (np.array(3), 3),
        (np.bool_(True), True),
        (np.array(True), True),
        (True, np.array(True)),
        (np.str_("ham"), "ham"),
        (np.array("ham"), "ham"),
        ((1, 2), [1, 2]),
        ([1, (2, 3)], (1, [2, 3])),
        ({"b": 1, "a": 2}, {"a": 2, "b": 1}),
        ({np.int64(1): 1}, {1: 1}),
        (10**400 + 1, 10**400),
        (1e30, 10**30),
        ([inf, -inf, nan], [inf, -inf, nan]),
        (np.array([inf, nan]), np.array([inf, nan])),
        (np.array([1 + 1e-9j]), np.array([1 + 0j])),
        (np.zeros((0, 2)), np.zeros((0, 2))),
        (-0.0, 0.0),
    ],
    ids=named,
)
def test_close_accepts_what_is_as_good(yours, wanted):
    assert accepts(close(), yours, wanted)


@pytest.mark.parametrize(
    ("yours", "wanted"),
    [
        (1.000002, 1.0),
        (2e-9, 0.0),
        (inf, -inf),
        (-inf, inf),
        (5.0, inf),
        (inf, 5.0),
        (np.array([5.0, 1.0]), np.array([inf, 1.0])),
        (np.array([1.0, -inf]), np.array([1.0, inf])),
        (np.array([1 + 1j]), np.array([complex(1, inf)])),
        (np.array([complex(1, -inf)]), np.array([complex(1, inf)])),
        (nan, inf),
        (1e308, -1e308),
        (np.full(2, 6e4, np.float16), np.full(2, -6e4, np.float16)),
        (np.array([2**63], np.uint64), np.array([-(2**63)])),
        (np.array([-128], np.int8), np.array([128], np.uint8)),
        (2 * 10**400, 10**400),
        (-(10**30), 10**30),
        (-(2**63) - 1, 2**63),
        (0.0, -(2**63) - 1),
        (nan, 10**30),
        (inf, 10**400),
        (1j * np.float64(1), 1.0),
        (np.zeros((0, 2)), np.zeros((2, 0))),
        (np.zeros(0, int), np.zeros(0)),
        (np.array([True, False]), np.array([True, True])),
        (1, "1"),
        ([1, 2], [2, 1]),
        ({"a": 1}, {"a": 2}),
        ({"a": 1, "b": 1}, {"a": 1}),
        ({1, 2}, {1, 3}),
    ],
    ids=named,
)
def test_close_refuses_what_is_not(yours, wanted):
    assert not accepts(close(), yours, wanted)


FINITE = npst.arrays(np.float64, npst.array_shapes(max_dims=2), elements=st.floats(-1e6, 1e6))


@few
@given(FINITE, st.floats(-9e-7, 9e-7), st.floats(2e-6, 1.0))
def test_close_is_as_tolerant_as_it_says(wanted, little, much):
    assert accepts(close(), wanted * (1 + little), wanted)
    wanted.flat[0] = 3.0
    wrong = wanted.copy()
    wrong.flat[0] *= 1 + much
    assert not accepts(close(), wrong, wanted)
    assert accepts(close(rtol=2.0), wrong, wanted)
    assert accepts(close(rtol=0, atol=1e9), wrong, wanted)


def test_a_difference_between_infinities_is_the_largest():
    yours, wanted = np.array([0, complex(1, inf)]), np.array([9, complex(2, inf)])
    assert told(close(), yours, wanted)[2] == "largest difference inf at [1]"


def test_close_measures_in_more_than_the_precision_of_the_answer():
    yours, wanted = np.array([60000], np.float16), np.array([-60000], np.float16)
    assert told(close(), np.repeat(yours, 2), np.repeat(wanted, 2))[2] == (
        "largest difference 1.2e+05 at [0]"
    )


@pytest.mark.parametrize(
    ("yours", "wanted"),
    [
        (1.0 + 2**-52, 1.0),
        (2**62 + 1, 2**62),
        (np.array([2**62 + 1]), np.array([2**62])),
        (np.array([2**63], np.uint64), np.array([2**63 + 1], np.uint64)),
        (10**400 + 1, 10**400),
        (np.array(["ham"]), np.array(["Ham"])),
        (np.array([5e-324]), np.array([0.0])),
    ],
    ids=named,
)
def test_exactly_sees_the_last_bit(yours, wanted):
    assert not accepts(exactly, yours, wanted)


# up_to_sign

COLUMNS = npst.arrays(
    np.float64, st.tuples(st.integers(1, 4), st.integers(1, 4)), elements=st.floats(-1e6, 1e6)
)


@few
@given(COLUMNS, st.data())
def test_each_column_may_have_either_sign(wanted, data):
    signs = data.draw(st.lists(st.sampled_from([-1, 1]), min_size=4, max_size=4))
    assert accepts(up_to_sign(), wanted * signs[: wanted.shape[1]], wanted)


@few
@given(COLUMNS, st.data())
def test_within_a_column_the_signs_belong_together(wanted, data):
    assume(len(wanted) > 1)
    i = data.draw(st.integers(0, len(wanted) - 1))
    wanted[:, 0] = np.maximum(np.abs(wanted[:, 0]), 0.5)
    wrong = wanted.copy()
    wrong[i, 0] *= -1
    assert not accepts(up_to_sign(), wrong, wanted)


@pytest.mark.parametrize(
    "value",
    [
        3.0,
        3,
        10**30,
        np.float32(3),
        np.array(3.0),
        np.array([1.0, -2.0]),
        np.array([1, -2]),
        np.array([1e308, -1e308]),
        np.array([1e-200, -2e-200]) * 1e-120,
        np.array([inf]),
        np.array([inf, -1.0]),
        np.array([nan, -1.0]),
        np.array([1 + 2j, -1j]),
    ],
)
def test_a_vector_and_a_scalar_may_have_either_sign(value):
    assert accepts(up_to_sign(atol=0), value, value)
    assert accepts(up_to_sign(atol=0), -value, value)


def test_only_the_sign_may_differ():
    for value in (3.0, 3, 10**30, np.array([1.0, -2.0]), np.array([1 + 2j, -1j])):
        assert not accepts(up_to_sign(), 2 * value, value)
        assert not accepts(up_to_sign(), -2 * value, value)
    assert not accepts(up_to_sign(), np.array([1, 2], np.uint8), np.array([1, 3], np.uint8))
    assert not accepts(up_to_sign(), np.array([1j]), np.array([1 + 0j]))
    assert not accepts(up_to_sign(), [True], [False])
    assert not accepts(up_to_sign(), np.array([True]), np.array([False]))
    assert not accepts(up_to_sign(), -np.ones(2), np.ones(2, int))


# same_partition

LABELS = npst.arrays(np.int64, st.integers(1, 12), elements=st.integers(0, 3))


@few
@given(LABELS, st.permutations(range(4)), st.sampled_from([int, float, str, complex]))
def test_groups_may_have_any_names(wanted, names, kind):
    yours = np.array([kind(names[label]) for label in wanted])
    assert accepts(same_partition, yours, wanted)


@few
@given(LABELS, LABELS)
def test_a_regrouping_is_refused_and_a_pair_that_shows_it_is_named(yours, wanted):
    wanted = np.resize(wanted, len(yours))
    together, as_wanted = yours[:, None] == yours, wanted[:, None] == wanted
    assume((together != as_wanted).any())
    remark = told(same_partition, yours, wanted)[2]
    i, _, j, _, words, *_, other = remark.replace(",", "").split()
    i, j = int(i), int(j)
    assert together[i, j] != as_wanted[i, j]
    assert (words, other) == (("together", "apart") if together[i, j] else ("apart", "together"))


def test_a_pair_that_was_parted_is_named():
    assert told(same_partition, np.array([0, 1, 2]), np.array([5, 7, 5])) == (
        "[0  1  2]",
        "[5  7  5]",
        "0 and 2 are apart, and should be together",
    )


def test_groups_of_nan_and_what_stands_beside_the_labels():
    assert accepts(same_partition, np.array([nan, 1, nan]), np.array([2, 1, 2]))
    assert accepts(same_partition, (np.array([1, 0]), 2), (np.array([0, 1]), 2))
    assert told(same_partition, (np.array([1, 0]), 3), (np.array([0, 1]), 2))[:2] == ("3", "2")
    assert not accepts(same_partition, [[0], [1, 2]], np.array([0, 1]))
    assert told(same_partition, np.zeros((2, 1)), np.zeros(2))[0] == "shape (2, 1)"


def test_many_labels_take_no_square_of_memory():
    labels = np.arange(200_000) % 7
    assert accepts(same_partition, 6 - labels, labels)


# same_set


@few
@given(st.lists(VALUES, max_size=5), st.randoms())
def test_the_order_of_members_does_not_matter(members, random):
    shuffled = crossed(members)
    random.shuffle(shuffled)
    assert accepts(same_set, shuffled, members)


@few
@given(st.lists(st.integers(0, 3)), st.lists(st.integers(0, 3)))
def test_members_count_as_often_as_they_are_there(yours, wanted):
    assert accepts(same_set, yours, wanted) == (sorted(yours) == sorted(wanted))


@few
@given(npst.arrays(np.int8, (4, 2), elements=st.integers(0, 3)), st.permutations(range(4)))
def test_the_rows_of_a_matrix_are_members(rows, order):
    assert accepts(same_set, rows[order], rows)
    assert accepts(same_set, [tuple(row) for row in rows.tolist()], rows)


@pytest.mark.parametrize(
    ("yours", "wanted", "words"),
    [
        ([1, 1, 2], [1, 2, 2], ("too many 1, missing 2",)),
        ([1, 2, 2], [1, 2], ("too many 2",)),
        ([], [1], ("missing 1",)),
        ([True], [1], ("too many True, missing 1",)),
        ([nan], [1.0], ("too many nan, missing 1",)),
        ([0.1 + 0.2], [0.3], ("too many 0.30000000000000004, missing 0.29999999999999999",)),
        ({"a"}, {"b"}, ("too many 'a', missing 'b'",)),
        (np.array([[1, 2]]), np.array([[2, 1]]), ("too many [1  2], missing [2  1]",)),
        (5, [5], ()),
        ("ab", "ba", ()),
        ({1: 2}, {1: 3}, ("the result for 1",)),
        ([[1, 1, 2]], [[1, 2, 2]], ("too many [1, 1, 2], missing [1, 2, 2]",)),
        (list(range(10**5)), [1], ()),
    ],
    ids=named,
)
def test_what_is_missing_and_what_is_too_many_is_named(yours, wanted, words):
    assert told(same_set, yours, wanted)[2:] == words


def test_members_made_to_collide_do_not_stall_the_comparison():
    stride = 2**61 - 1  # all its multiples have one hash
    wanted = list(range(10_000))
    yours = [n * stride for n in range(1, 100_001)]
    start = time.perf_counter()
    assert not accepts(same_set, yours, wanted)
    assert time.perf_counter() - start < 5  # a table of them takes a minute


# at_least and accuracy_at_least


def test_accuracy_is_counted_on_the_known_labels():
    known = np.arange(10) % 2
    answer = known.copy()
    answer[0] = 1 - answer[0]
    assert accepts(accuracy_at_least(0.9), answer, known, known)
    answer[1] = 1 - answer[1]
    assert told(accuracy_at_least(0.9), answer, known, known) == (
        "accuracy 0.8",
        "at least 0.9",
    )


def test_a_score_just_below_its_bound_looks_below_it():
    expect = at_least(0.9, lambda answer, known: answer)
    assert told(expect, 0.9 - 1e-9, 1.0) == ("score 0.899999999", "at least 0.9")


@pytest.mark.parametrize("score", [nan, -inf, "high", None, 1j, np.zeros(2)])
def test_a_score_that_is_no_number_is_refused(score):
    assert not accepts(at_least(-1e300, lambda answer, known: score), 1.0, 1.0)


@pytest.mark.parametrize(
    "answer",
    [
        np.ones((4, 1), int),
        np.ones(1, int),
        np.ones(4),
        np.array(["1"] * 4),
        1,
        True,
        None,
        [1, 1, 1, 1],
        Opaque("generator"),
    ],
)
def test_an_answer_of_another_form_has_no_score(answer):
    known = np.ones(4, int)
    assert not accepts(accuracy_at_least(0.0), answer, known, known)


@pytest.mark.parametrize("answer", [[1], [1, 1], [[1], [1, 1]], [Opaque("int")] * 3])
def test_a_list_cannot_be_stretched_to_the_known_labels(answer):
    assert not accepts(accuracy_at_least(0.5), answer, [1, 1, 1], np.ones(3, int))


def test_an_answer_its_score_cannot_read_is_told_not_raised():
    expect = at_least(1, lambda answer, known: known[answer], "return")
    assert told(expect, 99, 0, [1.0])[2] == "it has no return: list index out of range"


# return_at_least

UP, STAY = np.ones(4, int), np.zeros(4, int)


def test_a_policy_is_replayed_and_its_mean_return_told():
    replay = return_at_least(2, 10, lambda: Stairs(3), max_steps=20)
    assert accepts(replay, UP, UP, 0)
    assert told(replay, STAY, UP, 0) == ("mean return -20", "at least 2")


def test_of_action_values_the_largest_is_taken_the_first_of_several():
    replay = return_at_least(2, 1, lambda: Stairs(3), max_steps=20)
    Q = np.array([[0.0, 1.0], [-2.0, -1.0], [5.0, 6.0], [0.0, 0.0]])
    assert accepts(replay, Q, Q, 0)
    assert not accepts(replay, np.zeros((4, 2)), Q, 0)


def test_an_episode_that_is_cut_off_ends_too():
    class Cut(Stairs):
        def step(self, action):
            state, reward, *_ = super().step(action)
            return state, reward, False, True, {}

    assert told(return_at_least(0, 5, lambda: Cut(3)), UP, UP, 0)[0] == "mean return -1"


def test_the_replay_is_seeded_once_with_what_only_we_know():
    worlds = []

    def make():
        worlds.append(Stairs(3, luck=0.5))
        return worlds[-1]

    replay = return_at_least(1e9, 20, make)
    first, again, other = (told(replay, UP, UP, seed)[0] for seed in (7, 7, 8))
    assert first == again != other
    assert [world.seeds for world in worlds] == [[7], [7], [8]]


@pytest.mark.parametrize(
    "answer",
    [
        np.full(4, 2),
        np.full(4, -1),
        np.ones(4),
        np.ones(5, int),
        np.array(["1"] * 4),
        np.ones((4, 2)),
        [1, 1, 1, 1],
        1,
        None,
        Opaque("policy"),
    ],
)
def test_an_answer_that_is_no_policy_earns_nothing(answer):
    assert not accepts(return_at_least(-1e9, 1, lambda: Stairs(3)), answer, UP, 0)


def test_values_that_are_no_number_are_no_policy():
    Q = np.full((4, 2), nan)
    words = told(return_at_least(-1e9, 1, lambda: Stairs(3)), Q, np.ones((4, 2)), 0)
    assert words[2] == "it has no mean return: NaN is no policy"


# raises


def test_raises_accepts_the_error_and_those_derived_from_it():
    assert accepts(raises(ValueError), Raised(("ValueError", "Exception")), None)
    assert accepts(raises(LookupError), Raised(("KeyError", "LookupError", "Exception")), None)


def test_raises_tells_what_came_instead():
    wall = Raised(("OSError", "Exception"), "one\ntwo " + "x" * 10**5)
    assert told(raises(ValueError), 3.0, None) == ("returned 3", "a ValueError")
    assert told(raises(IndexError), None, None) == ("returned None", "an IndexError")
    assert told(raises(ValueError), wall, None)[0].startswith(
        "OSError: one\N{REPLACEMENT CHARACTER}two x"
    )


# Short forms

EXTREMES = [
    1e-300, 1e300, 5e-324, nan, inf, -inf, -0.0, 0, -1, 10**30, -(10**100), 10**5000, -(10**5000),
    True, None, "", "\x1b[2J\r\n\0", "\ud800", "\N{RIGHT-TO-LEFT OVERRIDE}",
    "x" * 10**6, b"\0" * 10**6,
    np.float16(6e4), np.longdouble("1e4000"), np.clongdouble(1j), np.complex64(complex(nan, -inf)),
    np.str_("x" * 10**4), np.datetime64("2020-01-01"), np.array("\n"), np.array([]),
    np.zeros((2, 0)),
    np.full(8, -1 / 3), np.array(["x" * 100] * 8), np.arange(10**6), [], (), {}, set(), [[[[[1]]]]],
    [1] * 100, (1,), {"a": 1}, Opaque("k" * 10**6), Opaque("a\nb"), Opaque(""),
    np.array([{}]), object(),
]  # fmt: skip


@pytest.mark.parametrize("value", EXTREMES, ids=named)
@pytest.mark.parametrize("short", [number, brief, kind_of])
def test_a_short_form_is_one_short_line(short, value):
    text = short(value)
    assert 0 < len(text) <= 200
    assert text.isprintable()


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1e-300, "1e-300"),
        (-1 / 3, "-0.3333"),
        (12345.678, "1.235e+04"),
        (1 - 2j, "1-2j"),
        (complex(nan, inf), "nan+infj"),
        (1234567, "1234567"),
        (10**99, "100000000000000000…000000000000000000 (100 digits)"),
        (-(2**20000), "-(an integer of 20,001 bits)"),
        (np.longdouble("1e4000"), "1e+4000"),
        (np.float32(0.1), "0.1"),
        ("it's", '"it\'s"'),
        (np.array([]), "[]"),
        (np.array([1.5, 10]), "[1.5  10]"),
        (np.zeros((2, 3)), "array (2, 3) float64"),
        (np.array(True), "True"),
        ([1, "a", None], "[1, 'a', None]"),
        ((1.0,), "(1,)"),
        ((1.0, 2.0), "(1, 2)"),
        ([1] * 5, "a list of 5"),
    ],
    ids=named,
)
def test_brief_says_it_in_few_words(value, text):
    if isinstance(value, np.longdouble) and np.finfo(np.longdouble).maxexp == 1024:
        pytest.skip("longdouble is double here")
    assert brief(value) == text


@few
@given(VALUES, VALUES)
def test_a_pair_is_shown_as_it_is_shown_alone_unless_that_looks_alike(yours, wanted):
    texts = pair(yours, wanted)
    assert all(0 < len(one_line(text)) <= 200 for text in texts)
    if texts[0] == texts[1]:
        assert texts == (brief(yours), brief(wanted))


def test_a_list_that_contains_itself_is_brief():
    knot = []
    knot += [knot, knot, knot, knot]
    assert len(brief(knot)) <= 200


def test_a_row_shows_the_surroundings_of_the_entry_that_matters():
    entries = np.arange(100.0)
    assert row([entries], 0) == ["[0  1  2  3  4 …]"]
    assert row([entries], 50) == ["[… 48  49  50  51  52 …]"]
    assert row([entries], 99) == ["[… 95  96  97  98  99]"]
    assert row([np.arange(8)], 7) == ["[0  1  2  3  4  5  6  7]"]


def test_a_row_of_wide_entries_shows_fewer_of_them():
    wide = np.full(8, -1.2345e-300)
    assert row([wide], 4) == ["[… -1.234e-300  -1.234e-300  -1.234e-300 …]"]


@few
@given(npst.arrays(np.float64, (2, 6)), st.integers(0, 5))
def test_rows_are_aligned_and_every_entry_keeps_its_text(arrays, at):
    texts = row(list(arrays), at)
    assert len(set(map(len, texts))) == 1


@few
@given(
    st.lists(st.lists(st.text("0123456789.e-'", max_size=6), min_size=3, max_size=3), min_size=1)
)
def test_aligning_only_adds_blanks(lines):
    padded = aligned(lines)
    assert [[entry.strip() for entry in line] for line in padded] == lines
    for column in zip(*padded, strict=True):
        assert len(set(map(len, column))) == 1


def test_aligned_puts_points_below_points():
    assert aligned([["1.5", "-10"], ["22", "0.25"]]) == [[" 1.5", "-10   "], ["22  ", "  0.25"]]
