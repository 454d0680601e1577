"""What both ends of the pipe to the worker agree on."""

from __future__ import annotations

import struct

FRAME = struct.Struct("<III")  # lengths of header, answer, prints: worker to parent
MESSAGE = struct.Struct("<I")  # length of an encoded value: parent to worker
MAX_BODY = 80 << 20  # of an answer
MAX_PRINTED = 16 << 10  # bytes that are kept of what a check prints
IMPORT = ""  # the request that only loads the exercise
MEMORY = 2 << 30  # bytes a check may ask for
