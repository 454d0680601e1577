"""How values cross from the worker to the parent: JSON and raw buffers.

The bytes come from a process that has run the learner's code, so nothing in
them is ever executed, and everything in them is bounded: a value is decoded
or refused. What has no place here (a generator, a model, an array of
objects) crosses as `Opaque`, the name of its type and nothing else.

    value      JSON node
    None, bool, float
               ["none"], ["bool", true], ["float", "0x1.8p+0"]
    int, str, bytes
               ["int", length of its buffer], …
    list, tuple, set, frozenset
               ["list", [node, …]], …
    dict       ["dict", [[node, node], …]]
    array      ["array", dtype, shape, length of its buffer]
    scalar     ["scalar", dtype, length]      one NumPy number or text
"""

from __future__ import annotations

import json
import math
import re
import struct
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, TypeVar

MAX_BYTES = 64 << 20  # of all buffers together
MAX_TEXT = 8 << 20  # of the JSON text, which grows thirtyfold when it is read
MAX_NODES = 100_000
MAX_DEPTH = 20
MAX_NAME = 60
MAX_COLLISIONS = 1000

DTYPE = re.compile(r"[<>|](b1|[iu][1248]|f(2|4|8|12|16)|c(8|16|24|32)|[US]\d{1,6})")
LENGTH = struct.Struct("<I")

CONTAINERS = {"list": list, "tuple": tuple, "set": set, "frozenset": frozenset}


T = TypeVar("T")


class Refused(ValueError):
    """The bytes are not an encoded value."""


@dataclass(frozen=True)
class Opaque:
    """Stands for a value that cannot cross: the name of its type."""

    kind: str


class TooLarge(ValueError):
    """The value is larger than the pipe takes; the sentence says by what."""


def encode(value: object) -> bytes:
    """Return `value` as bytes that `decode` reads.

    Nothing of the learner's runs on the way, whatever the value's class
    says of itself: only the exact built-in and NumPy types are looked into.

    Raises
    ------
    TooLarge
        If it has more than MAX_NODES parts or MAX_BYTES bytes.
    """
    buffers: list[bytes] = []
    size = nodes = 0

    def add(at_least: int, make: Callable[[], bytes]) -> int:
        """Keep a buffer, made only once there is room for it."""
        nonlocal size
        if size + at_least <= MAX_BYTES:
            buffers.append(make())
            size += len(buffers[-1])
            if size <= MAX_BYTES:
                return len(buffers[-1])
        raise TooLarge(f"more than {MAX_BYTES >> 20} MB")

    def node(value: Any, depth: int) -> list[Any]:
        nonlocal nodes
        nodes += 1
        if nodes > MAX_NODES:
            raise TooLarge(f"more than {MAX_NODES:,} parts")
        kind = type(value)
        if depth > MAX_DEPTH:
            return ["opaque", f"{name_of(kind)} nested {MAX_DEPTH} deep"]
        if value is None:
            return ["none"]
        if kind is bool:
            return ["bool", value]
        if kind is int:
            length = value.bit_length() // 8 + 1
            return ["int", add(length, lambda: value.to_bytes(length, "little", signed=True))]
        if kind is float:
            return ["float", value.hex()]
        if kind is str:
            return ["str", add(len(value), lambda: value.encode("utf-8", "surrogatepass"))]
        if kind is bytes:
            return ["bytes", add(len(value), lambda: value)]
        for name, container in CONTAINERS.items():
            if kind is container:
                return [name, [node(part, depth + 1) for part in value]]
        if kind is dict:
            pairs = [[node(k, depth + 1), node(v, depth + 1)] for k, v in value.items()]
            return ["dict", pairs]
        if kind is Opaque:
            return ["opaque", value.kind]
        return numpy_node(value, kind) or ["opaque", name_of(kind)]

    def numpy_node(value: Any, kind: type) -> list[Any] | None:
        import numpy as np

        is_array = kind is np.ndarray
        if not is_array and not any(kind is scalar for scalar in np.sctypeDict.values()):
            return None
        dtype = value.dtype
        if not DTYPE.fullmatch(dtype.str) or (is_array and not dtype.itemsize):
            return ["opaque", f"ndarray of {dtype.name}"[:MAX_NAME]] if is_array else None
        length = add(value.nbytes, lambda: value.tobytes()[: value.nbytes])  # np.str_("") has 4
        if is_array:
            return ["array", dtype.str, list(value.shape), length]
        return ["scalar", dtype.str, length]

    text = json.dumps(node(value, 0), separators=(",", ":")).encode()
    if len(text) > MAX_TEXT:
        raise TooLarge(f"more than {MAX_TEXT >> 20} MB of names and shapes")
    return b"".join([LENGTH.pack(len(text)), text, *buffers])


def name_of(kind: type) -> str:
    """Return the name a class was made with, whatever its metaclass says."""
    name: str = type.__dict__["__name__"].__get__(kind)
    return str.__getitem__(name, slice(MAX_NAME))


def decode(data: bytes) -> Any:
    """Return the value that `encode` wrote, or raise Refused; nothing else.

    Raises
    ------
    Refused
        Whatever the bytes are.
    """
    if len(data) < LENGTH.size:
        raise Refused("too short")
    (length,) = LENGTH.unpack_from(data)
    start = LENGTH.size + length
    if length > MAX_TEXT or start > len(data) or len(data) - start > MAX_BYTES:
        raise Refused("a length that does not fit")
    try:
        tree = json.loads(data[LENGTH.size : start])
        value, end = _Reader(data, start).read(tree)
    except Refused:
        raise
    except (ValueError, TypeError, RecursionError, OverflowError, MemoryError) as error:
        raise Refused(type(error).__name__) from None
    if end != len(data):
        raise Refused("bytes left over")
    return value


class _Reader:
    """Turns the JSON tree into values, taking array buffers as it goes."""

    def __init__(self, data: bytes, position: int) -> None:
        self.data = data
        self.position = position
        self.nodes = 0

    def read(self, tree: Any) -> tuple[Any, int]:
        """Return the value of the whole tree and where its buffers ended."""
        return self.node(tree, 0), self.position

    def take(self, length: Any) -> bytes:
        end = self.position + expect(length, int)
        if length < 0 or end > len(self.data):
            raise Refused("a buffer that is not there")
        taken = self.data[self.position : end]
        self.position = end
        return taken

    def node(self, tree: Any, depth: int) -> Any:
        self.nodes += 1
        if self.nodes > MAX_NODES or depth > MAX_DEPTH + 1:
            raise Refused("too many parts")
        if type(tree) is not list or not tree or type(tree[0]) is not str:
            first, *_ = expect(tree, list)
            expect(first, str)
        kind = tree[0]
        if leaf := LEAVES.get(kind):
            return leaf(self, *tree[1:])
        if kind in CONTAINERS:
            (trees,) = tree[1:]
            parts = [self.node(part, depth + 1) for part in expect(trees, list)]
            return CONTAINERS[kind](spread(parts) if "set" in kind else parts)
        if kind == "dict":
            (pairs,) = tree[1:]
            items = [
                (self.node(k, depth + 1), self.node(v, depth + 1))
                for k, v in (expect(pair, list) for pair in expect(pairs, list))
            ]
            spread(key for key, _ in items)
            return dict(items)
        raise Refused("an unknown kind")

    def read_none(self) -> None:
        return None

    def read_bool(self, value: Any) -> bool:
        return expect(value, bool)

    def read_int(self, length: Any) -> int:
        return int.from_bytes(self.take(length), "little", signed=True)

    def read_float(self, text: Any) -> float:
        return float.fromhex(expect(text, str))

    def read_str(self, length: Any) -> str:
        return self.take(length).decode("utf-8", "surrogatepass")

    def read_bytes(self, length: Any) -> bytes:
        return self.take(length)

    def read_opaque(self, kind: Any) -> Opaque:
        return Opaque(expect(kind, str))

    def read_array(self, name: Any, shape: Any, length: Any) -> Any:
        import numpy as np

        dtype = array_dtype(name)
        shape = tuple(expect(n, int) for n in expect(shape, list))
        if len(shape) > 64 or not all(0 <= n < 1 << 63 for n in shape) or not dtype.itemsize:
            raise Refused("a shape that cannot be")
        if math.prod(shape) * dtype.itemsize != expect(length, int):
            raise Refused("a shape that does not fit its buffer")
        buffer = self.take(length)
        if not length:
            return np.empty(shape, dtype)
        array = np.frombuffer(buffer, dtype).reshape(shape)
        return sound(array, buffer).copy()

    def read_scalar(self, name: Any, length: Any) -> Any:
        dtype = array_dtype(name)
        if dtype.itemsize != expect(length, int):
            raise Refused("a number that does not fit its buffer")
        if dtype.kind == "S":
            return dtype.type(self.take(length))
        if dtype.kind == "U":  # an array would drop its last characters, were they NUL
            order = "be" if dtype.str[0] == ">" else "le"
            return dtype.type(self.take(length).decode(f"utf-32-{order}", "surrogatepass"))
        return self.read_array(name, [], length)[()]


LEAVES: dict[str, Callable[..., Any]] = {
    name.removeprefix("read_"): method
    for name, method in vars(_Reader).items()
    if name.startswith("read_")
}


def expect(value: Any, kind: type[T]) -> T:
    """Return `value` if it is exactly of this kind, else raise Refused."""
    if type(value) is not kind:
        raise Refused(f"{type(value).__name__} instead of {kind.__name__}")
    exact: T = value
    return exact


def spread(keys: Iterable[Any]) -> Iterable[Any]:
    """Return keys that a hash table takes quickly; others are made to stall it."""
    keys = list(keys)
    if len(keys) > MAX_COLLISIONS and max(Counter(map(hash, keys)).values()) > MAX_COLLISIONS:
        raise Refused("keys that collide")
    return keys


def array_dtype(name: Any) -> Any:
    """Return the dtype called `name`, if it is one that holds plain values."""
    import numpy as np

    if not DTYPE.fullmatch(expect(name, str)):
        raise Refused("a dtype that is not plain")
    return np.dtype(name)


def sound(array: Any, buffer: bytes) -> Any:
    """Return the array if reading its entries can never fail."""
    import numpy as np

    kind = array.dtype.kind
    if kind == "b" and np.frombuffer(buffer, np.uint8).max() > 1:
        raise Refused("a truth value that is neither")
    if kind == "U":
        points = np.frombuffer(buffer, array.dtype.str[0] + "u4")
        if points.max() > 0x10FFFF:
            raise Refused("a character that is none")
    return array
