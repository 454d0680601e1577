"""What crosses from the worker to the parent: whole, or refused, and never run."""

import functools
import json
import math
import os
import subprocess
import sys
import textwrap
import tracemalloc

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from grader import codec
from grader.codec import LENGTH, MAX_DEPTH, MAX_NODES, MAX_TEXT, Opaque, Refused, TooLarge

few = settings(max_examples=60, deadline=None, derandomize=True, database=None)

DTYPES = (
    npst.boolean_dtypes()
    | npst.integer_dtypes(endianness="?")
    | npst.unsigned_integer_dtypes(endianness="?")
    | npst.floating_dtypes(endianness="?", sizes=(16, 32, 64))
    | npst.complex_number_dtypes(endianness="?", sizes=(64, 128))
    | npst.unicode_string_dtypes(endianness="?", max_len=5)
    | npst.byte_string_dtypes(max_len=5)
    | st.sampled_from([np.dtype(np.longdouble), np.dtype(np.clongdouble)])
)
ARRAYS = npst.arrays(DTYPES, npst.array_shapes(min_dims=0, min_side=0, max_side=4))
TEXTS = st.text(st.characters() | st.characters(categories=["Cs"]), max_size=20)
PLAIN = (
    st.none() | st.booleans() | st.integers() | st.floats() | TEXTS | st.binary(max_size=20)
)  # fmt: skip
SCALARS = (
    npst.arrays(DTYPES, ()).map(lambda array: array[()])
    | TEXTS.map(np.str_)
    | st.binary(max_size=5).map(np.bytes_)
)
KEYS = st.recursive(
    PLAIN | SCALARS,
    lambda keys: st.lists(keys, max_size=3).map(tuple) | st.frozensets(keys, max_size=3),
    max_leaves=4,
)
VALUES = st.recursive(
    PLAIN | SCALARS | ARRAYS,
    lambda values: (
        st.lists(values, max_size=4)
        | st.lists(values, max_size=4).map(tuple)
        | st.sets(KEYS, max_size=4)
        | st.frozensets(KEYS, max_size=4)
        | st.dictionaries(KEYS, values, max_size=4)
    ),
    max_leaves=8,
)


def crossed(value):
    return codec.decode(codec.encode(value))


def fingerprint(value):
    """Return what must survive: types, dtypes, shapes, every bit that counts."""
    kind = type(value).__name__
    if isinstance(value, float | np.longdouble):
        return kind, str(value)
    if isinstance(value, complex | np.clongdouble):
        return kind, str(value.real), str(value.imag)
    if isinstance(value, np.generic):
        return kind, value.dtype.str, fingerprint(value.item())
    if isinstance(value, np.ndarray):
        entries = [fingerprint(entry) for entry in value.ravel().tolist()]
        return kind, value.dtype.str, value.shape, entries
    if isinstance(value, list | tuple):
        return kind, [fingerprint(part) for part in value]
    if isinstance(value, set | frozenset):
        return kind, sorted(repr(fingerprint(part)) for part in value)
    if isinstance(value, dict):
        return kind, [(fingerprint(k), fingerprint(v)) for k, v in value.items()]
    return kind, value


def packed(tree, buffers=b""):
    """Return bytes as a worker might forge them: any JSON, any buffers."""
    text = tree if isinstance(tree, bytes) else json.dumps(tree).encode()
    return LENGTH.pack(len(text)) + text + buffers


def is_refused(data):
    try:
        codec.decode(data)
    except Refused:
        return True
    return False


# What is whole on the other side


@few
@given(VALUES)
@example([0.0, -0.0, math.nan, math.inf, -math.inf, 5e-324])
@example([10**5000, -(2**63), -1, 0, True])
@example("\ud83d\ude00")
@example({"": b"", (): frozenset()})
@example({math.nan: 1})
@example([np.str_(""), np.bytes_(b""), np.str_("a\0"), np.bytes_(b"a\0")])
@example(np.empty((0, 2**40)))
@example(np.zeros((1,) * 64))
@example(np.array("0-d"))
def test_every_value_comes_back_with_its_type_dtype_and_shape(value):
    assert fingerprint(crossed(value)) == fingerprint(value)


@few
@given(ARRAYS.filter(lambda array: array.ndim == 2))
def test_how_an_array_lies_in_memory_does_not_matter(array):
    for view in (array.T, array[::-1, ::2], np.asfortranarray(array)):
        assert fingerprint(crossed(view)) == fingerprint(view)


def test_a_small_view_of_everything_crosses_as_what_it_shows():
    assert crossed(np.broadcast_to(7, (2, 3))).tolist() == [[7] * 3] * 2


def test_an_array_that_crossed_can_be_written_to():
    array = crossed(np.arange(3))
    array[0] = 9
    assert array.tolist() == [9, 1, 2]


# What has no place there


class Model:
    pass


class Listlike(list):
    pass


class Dictlike(dict):
    pass


class Whole(int):
    pass


class Numberlike(np.float64):
    pass


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        ((n for n in "ab"), "generator"),
        (len, "builtin_function_or_method"),
        (lambda: None, "function"),
        (Model(), "Model"),
        (Model, "type"),
        (range(3), "range"),
        (1j, "complex"),
        (Listlike([1]), "Listlike"),
        (Dictlike(), "Dictlike"),
        (Whole(3), "Whole"),
        (Numberlike(3), "Numberlike"),
        (np.array([{}]), "ndarray of object"),
        (np.array(["2020-01-01"], "datetime64[D]"), "ndarray of datetime64[D]"),
        (np.zeros(2, "f8,i4"), "ndarray of void96"),
        (np.zeros(2, [("empty", "U0")])["empty"], "ndarray of str"),
        (np.zeros(2, [("a", "f8")])[0], "void"),
        (np.datetime64("2020-01-01"), "datetime64"),
        (np.zeros((1, 1)).view(np.matrix), "matrix"),
        (np.ma.masked_array([1.0], [True]), "MaskedArray"),
        (np.float64, "type"),
        (np.dtype("f8"), "Float64DType"),
        (np.random.default_rng(0), "Generator"),
    ],
    ids=lambda case: case if isinstance(case, str) else "",
)
def test_what_cannot_cross_crosses_as_the_name_of_its_kind(value, kind):
    assert crossed([value, 1]) == [Opaque(kind), 1]


class Liar:
    """Says of itself whatever `says` says, and breaks where `says` breaks."""

    def __init__(self, says):
        object.__setattr__(self, "says", says)

    def __getattribute__(self, name):
        says = object.__getattribute__(self, "says")
        if name in says:
            return says[name]
        raise SystemExit(f"{name} was asked for")

    def __eq__(self, other):
        raise SystemExit("__eq__ was asked")

    def __hash__(self):
        raise SystemExit("__hash__ was asked")


class LyingMeta(type):
    __name__ = property(lambda cls: "list")

    def __eq__(cls, other):
        return True

    def __hash__(cls):
        raise SystemExit("the metaclass was asked")

    def __instancecheck__(cls, instance):
        raise SystemExit("the metaclass was asked")


class Disguised(metaclass=LyingMeta):
    def __iter__(self):
        raise SystemExit("it was iterated")


@pytest.mark.parametrize(
    "says",
    [
        {},
        {"__class__": list},
        {"__class__": np.ndarray, "dtype": np.dtype("f8")},
        {"dtype": np.dtype("f8"), "nbytes": -1, "shape": (10**9,), "tobytes": lambda: b"x"},
        {"dtype": np.dtype("f8"), "nbytes": "many", "shape": None},
        {"dtype": None},
    ],
)
def test_an_object_that_lies_about_itself_is_not_even_asked(says):
    assert crossed([Liar(says)]) == [Opaque("Liar")]


def test_a_class_that_lies_about_its_name_is_called_by_its_own():
    assert crossed(Disguised()) == Opaque("Disguised")


def test_an_array_class_with_a_false_size_stays_outside():
    class Small(np.ndarray):
        nbytes = property(lambda self: 0)

    assert crossed(np.zeros(3).view(Small)) == Opaque("Small")


def test_the_name_of_a_kind_is_no_wall():
    assert len(crossed(type("N" * 10**6, (), {})()).kind) < 100


# What is too large


def many_times_itself():
    knot = []
    knot += [knot, knot, knot]
    return knot


@pytest.mark.parametrize(
    "make",
    [
        lambda: np.broadcast_to(1.0, (10**6, 10**6)),
        lambda: np.broadcast_to(np.bool_(True), (2**62,)),
        lambda: [np.broadcast_to(0.0, (2**22,))] * 9,
        lambda: [None] * (MAX_NODES + 1),
        lambda: dict.fromkeys(range(MAX_NODES)),
        lambda: [[bytes(1)] * 1000] * 1000,
        lambda: [bytes(2**20)] * 65,
        lambda: ["\0" * 2**20] * 65,
        lambda: [1 << 2**23] * 65,
        many_times_itself,
    ],
)
def test_what_is_too_large_is_said_to_be(make):
    value = make()
    with pytest.raises(TooLarge, match="more than"):
        codec.encode(value)


def test_too_large_an_array_is_refused_before_it_is_copied():
    view = np.broadcast_to(0.0, (2**22,))  # 32 MB each, of which two have room
    codec.encode(0)
    tracemalloc.start()
    with pytest.raises(TooLarge):
        codec.encode([view, np.broadcast_to(0.0, (2**23,))])
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 40 << 20


def test_names_of_kinds_are_bounded_together():
    wide = type("\N{GREEK SMALL LETTER ALPHA}" * 60, (), {})()
    with pytest.raises(TooLarge):
        codec.encode([wide] * (MAX_NODES - 1))


def deep(levels, inner=None):
    return functools.reduce(lambda value, _: [value], range(levels), inner)


def test_nesting_is_whole_down_to_its_limit_and_named_below():
    assert crossed(deep(MAX_DEPTH, 7)) == deep(MAX_DEPTH, 7)
    assert crossed(deep(10_000)) == deep(MAX_DEPTH + 1, Opaque("list nested 20 deep"))


def test_a_list_that_contains_itself_ends():
    knot = []
    knot.append(knot)
    assert crossed(knot) == deep(MAX_DEPTH + 1, Opaque("list nested 20 deep"))


# What a worker may send


@few
@given(st.binary(max_size=60) | st.binary(max_size=60).map(packed))
def test_any_bytes_are_decoded_or_refused(data):
    is_refused(data)  # raises what is not Refused


WORDS = ("none", "bool", "int", "float", "str", "bytes", "list", "dict", "set", "opaque")
NAMES = ("<f8", "|b1", "<U1", ">U2", "|S2", "<U0", "<f2", "<c16", "<i8", "|O", "<V8")
JUNK = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=3)
    | st.sampled_from([*WORDS, "array", "scalar", *NAMES]),
    lambda parts: st.lists(parts, max_size=5),
    max_leaves=12,
)
MESSAGES = JUNK | st.tuples(
    st.just("array"), st.sampled_from(NAMES), st.lists(st.integers(0, 3)), st.integers(0, 20)
)


@settings(few, max_examples=200)
@given(MESSAGES, st.binary(max_size=20))
def test_any_json_is_decoded_or_refused(tree, buffers):
    is_refused(packed(tree, buffers))


@settings(few, max_examples=200)
@given(VALUES, st.data())
def test_a_damaged_encoding_is_decoded_or_refused(value, data):
    whole = bytearray(codec.encode(value))
    at = data.draw(st.integers(0, len(whole) - 1))
    whole[at] ^= data.draw(st.integers(1, 255))
    is_refused(bytes(whole))


@few
@given(VALUES, st.data())
def test_an_encoding_cut_short_or_too_long_is_refused(value, data):
    whole = codec.encode(value)
    assert is_refused(whole[: data.draw(st.integers(0, len(whole) - 1))])
    assert is_refused(whole + data.draw(st.binary(min_size=1, max_size=9)))


NUL = b"\0" * 8


@pytest.mark.parametrize(
    ("tree", "buffers"),
    [
        (b"[" * 10**6, b""),
        (b'["list",[' * 10**5 + b"]]" * 10**5, b""),
        (b'["none"' + b" " * MAX_TEXT + b"]", b""),
        (b'["array","<f8",[' + b"9" * 10_000 + b"],8]", NUL),
        (b'["bytes",1e0]', b"x"),
        (b'["bytes",NaN]', b""),
        (b'["float",Infinity]', b""),
        (b'{"none":1,"none":2}', b""),
        (b"\xff\xfe", b""),
        (["float", "0x1p99999"], b""),
        (["float", "1" * 10**5], b""),
        (["list", [["none"]] * (MAX_NODES + 1)], b""),
        (["dict", [[["list", []], ["none"]]]], b""),
        (["dict", [[["none"]]]], b""),
        (["set", [["array", "<f8", [1], 8]]], NUL),
        (["bool", 1], b""),
        (["int", -1], b""),
        (["int", True], b"1"),
        (["str", 2], b"\xff\xff"),
        (["str", 2**63], b""),
        (["bytes", 10**30], b""),
        (["read_none"], b""),
        (["__class__"], b""),
        (["array", "<U1", [1], 4], b"\xff\xff\xff\xff"),
        (["scalar", "<U1", 4], b"\0\0\x11\0"),
        (["array", "|b1", [1], 1], b"\x07"),
        (["scalar", "|b1", 1], b"\x07"),
        *((["array", dtype, [1], 8], NUL) for dtype in ("O", "|O8", "V8", "<V8", "<M8", "=f8")),
        *((["array", dtype, [1], 8], NUL) for dtype in ("f8,i4", "<f8\n", "<f7", "", "<U")),
        (["array", "<U999999999", [1], 8], NUL),
        (["array", "<U999999", [10**9], 8], NUL),
        (["array", "<U0", [10**9], 0], b""),
        (["array", "|S0", [2], 0], b""),
        (["array", "<f8", [-1], -8], NUL),
        (["array", "<f8", [-1, -1], 8], NUL),
        (["array", "<f8", [2], 8], NUL),
        (["array", "<f8", [1.0], 8], NUL),
        (["array", "<f8", [True], 8], NUL),
        (["array", "<f8", [2**61], 2**64], NUL),
        (["array", "<f8", [2**62, 4], 0], b""),
        (["array", "<f8", [0, 2**62], 0], b""),
        (["array", "<f8", [0, 10**4000], 0], b""),
        (["array", "<f8", [1] * 65, 8], NUL),
        (["scalar", "<f8", 4], b"\0" * 4),
        (["scalar", "<f8", 0], b""),
    ],
)  # fmt: skip
def test_a_forged_message_is_refused(tree, buffers):
    assert is_refused(packed(tree, buffers))


def test_a_text_of_the_other_byte_order_is_read():
    assert codec.decode(packed(["scalar", ">U1", 4], b"\0\0\0a")) == "a"
    assert codec.decode(packed(["array", ">U1", [1], 4], b"\0\0\0a")).tolist() == ["a"]


def test_a_length_that_reaches_past_the_end_is_refused():
    assert is_refused(LENGTH.pack(2**32 - 1) + b'["none"]')


@pytest.mark.parametrize("kind", ["set", "dict"])
def test_keys_made_to_collide_are_refused_at_once(kind):
    stride = 2**61 - 1  # all its multiples have one hash: n of them take n * n steps
    numbers = [(k * stride).to_bytes(10, "little") for k in range(30_000)]
    trees = [["int", 10]] * len(numbers)
    tree = [kind, trees if kind == "set" else [[key, ["none"]] for key in trees]]
    with pytest.raises(Refused, match="collide"):
        codec.decode(packed(tree, b"".join(numbers)))


@pytest.mark.skipif(sys.platform != "linux", reason="RLIMIT_AS binds on Linux alone")
def test_nothing_forged_asks_for_memory_that_is_not_there():
    program = """
        import resource
        from grader.codec import LENGTH, MAX_TEXT, Refused, decode
        import numpy
        resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30))
        for text in (
            b'["array","<U0",[1000000000000],0]',
            b'["array","<f8",[1000000000000],8000000000000]',
            b'["scalar","<U999999",3999996]',
            b"[" + b"[]," * (MAX_TEXT // 3 - 1) + b"0]",
        ):
            try:
                decode(LENGTH.pack(len(text)) + text)
            except Refused as error:
                print(error)
    """
    run = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program)],
        capture_output=True, text=True, check=True, env={**os.environ, "PYTHONPATH": "."},
    )  # fmt: skip
    assert run.stdout.splitlines() == [
        "a shape that cannot be",
        "a buffer that is not there",
        "a buffer that is not there",
        "list instead of str",
    ]


def test_decoding_runs_nothing():
    pickled = b"cos\nsystem\n(S'exit 3'\ntR."
    assert is_refused(pickled)
    assert is_refused(packed(["opaque", ["os", "system"]]))
    assert codec.decode(packed(["opaque", "os.system"])) == Opaque("os.system")
