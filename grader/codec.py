"""How values cross from the worker to the parent: JSON and raw buffers.

The bytes come from a process that has run the learner's code, so nothing in
them is ever executed, and everything in them is bounded: a value is decoded
or refused. What has no place here (a generator, a model, an array of
objects) crosses as `Opaque`, the name of its type and nothing else.

    value      JSON node
    None, bool, int, float, str, bytes
               ["none"], ["bool", true], ["int", "12"], ["float", "1.5"], …
    list, tuple, set, frozenset
               ["list", [node, …]], …
    dict       ["dict", [[node, node], …]]
    array      ["array", dtype, shape, length of its buffer]
    scalar     ["scalar", dtype, length]      one NumPy number
"""

from __future__ import annotations

import json
import math
import re
import struct
from dataclasses import dataclass
from typing import Any

MAX_BYTES = 64 << 20
MAX_NODES = 100_000
MAX_DEPTH = 20

DTYPE = re.compile(r"[<>|](b1|[iu][1248]|f(2|4|8|12|16)|c(8|16|24|32)|[US]\d{1,6})")
LENGTH = struct.Struct("<I")

CONTAINERS = {"list": list, "tuple": tuple, "set": set, "frozenset": frozenset}


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

    Raises
    ------
    TooLarge
        If it has more than MAX_NODES parts or MAX_BYTES bytes of arrays.
    """
    buffers: list[bytes] = []
    size = nodes = 0

    def add(buffer: bytes) -> int:
        nonlocal size
        size += len(buffer)
        if size > MAX_BYTES:
            raise TooLarge(f"more than {MAX_BYTES >> 20} MB")
        buffers.append(buffer)
        return len(buffer)

    def node(value: Any, depth: int) -> list[Any]:
        nonlocal nodes
        nodes += 1
        if nodes > MAX_NODES:
            raise TooLarge(f"more than {MAX_NODES:,} parts")
        kind = type(value)
        if depth > MAX_DEPTH:
            return ["opaque", f"{kind.__name__} nested {MAX_DEPTH} deep"]
        if value is None:
            return ["none"]
        if kind is bool:
            return ["bool", value]
        if kind is int:
            return ["int", hex(value)]
        if kind is float:
            return ["float", value.hex()]
        if kind is str:
            return ["str", value]
        if kind is bytes:
            return ["bytes", add(value)]
        if kind.__name__ in CONTAINERS and kind is CONTAINERS[kind.__name__]:
            return [kind.__name__, [node(part, depth + 1) for part in value]]
        if kind is dict:
            pairs = [[node(k, depth + 1), node(v, depth + 1)] for k, v in value.items()]
            return ["dict", pairs]
        if kind is Opaque:
            return ["opaque", value.kind]
        return numpy_node(value) or ["opaque", kind.__name__]

    def numpy_node(value: Any) -> list[Any] | None:
        import numpy as np

        dtype = getattr(value, "dtype", None)
        if type(dtype) is type(None) or not isinstance(dtype, np.dtype):
            return None
        if not DTYPE.fullmatch(dtype.str):
            if type(value) is np.ndarray:
                return ["opaque", f"ndarray of {dtype.name}"]
            return None
        if value.nbytes > MAX_BYTES:  # before the copy: a view can be huge
            raise TooLarge(f"more than {MAX_BYTES >> 20} MB")
        if isinstance(value, np.generic):
            return ["scalar", dtype.str, add(value.tobytes())]
        if type(value) is np.ndarray:
            return ["array", dtype.str, list(value.shape), add(value.tobytes())]
        return None

    text = json.dumps(node(value, 0), separators=(",", ":")).encode()
    if len(text) > MAX_BYTES:
        raise TooLarge(f"more than {MAX_BYTES >> 20} MB")
    return b"".join([LENGTH.pack(len(text)), text, *buffers])


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
    if length > MAX_BYTES or start > len(data) or len(data) - start > MAX_BYTES:
        raise Refused("a length that does not fit")
    try:
        tree = json.loads(data[LENGTH.size : start])
        value, end = Reader(data, start).read(tree)
    except Refused:
        raise
    except (ValueError, TypeError, RecursionError, OverflowError, MemoryError) as error:
        raise Refused(type(error).__name__) from None
    if end != len(data):
        raise Refused("bytes left over")
    return value


class Reader:
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
        kind, *rest = expect(tree, list)
        method = getattr(self, f"read_{expect(kind, str)}", None)
        if kind in CONTAINERS:
            (parts,) = rest
            return CONTAINERS[kind](self.node(p, depth + 1) for p in expect(parts, list))
        if kind == "dict":
            (pairs,) = rest
            return {
                self.node(k, depth + 1): self.node(v, depth + 1)
                for k, v in (expect(pair, list) for pair in expect(pairs, list))
            }
        if method is None:
            raise Refused("an unknown kind")
        return method(*rest)

    def read_none(self) -> None:
        return None

    def read_bool(self, value: Any) -> bool:
        return expect(value, bool)

    def read_int(self, text: Any) -> int:
        return int(expect(text, str), 16)

    def read_float(self, text: Any) -> float:
        return float.fromhex(expect(text, str))

    def read_str(self, text: Any) -> str:
        return expect(text, str)

    def read_bytes(self, length: Any) -> bytes:
        return self.take(length)

    def read_opaque(self, kind: Any) -> Opaque:
        return Opaque(expect(kind, str))

    def read_array(self, name: Any, shape: Any, length: Any) -> Any:
        import numpy as np

        dtype = array_dtype(name)
        shape = tuple(expect(n, int) for n in expect(shape, list))
        if len(shape) > 32 or any(n < 0 for n in shape):
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
        return self.read_array(name, [], length)[()] if length else dtype.type()


def expect(value: Any, kind: type) -> Any:
    """Return `value` if it is exactly of this kind, else raise Refused."""
    if type(value) is not kind:
        raise Refused(f"{type(value).__name__} instead of {kind.__name__}")
    return value


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
