"""What both ends of the pipe to the worker agree on."""

from __future__ import annotations

import struct

FRAME = struct.Struct("<III")  # lengths of header, answer, prints: worker to parent
MESSAGE = struct.Struct("<I")  # length of an encoded value: parent to worker
MAX_BODY = 80 << 20  # of an answer
IMPORT = ""  # the request that only loads the exercise
MEMORY = 2 << 30  # bytes a check may ask for
