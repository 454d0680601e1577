"""Attacks as they are handed in: by archive, by name, and by file, among those of a class."""

import io
import stat
import time
import zipfile

import pytest
from attacks.room import OURS, WORD, Attack, traces
from attacks.test_forging import ATTACKS as FORGING
from attacks.test_lasting import HARD_TO_READ
from class_tools import CHAPTER, ONLY, records, run
from test_intake import FILE, member, tarred, zipped

from grader.classroom import sandbox

ONE = (
    "Only the file that is expected is taken, in memory, never unpacked; paths are looked at first."
)
LIMITS = "An archive has a most of members, of bytes packed and of bytes unpacked."
GOOD = CHAPTER.source


def linked(target):
    """Return a zip whose member is a symbolic link."""
    info, out = zipfile.ZipInfo(FILE), io.BytesIO()
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr(info, target)
    return out.getvalue()


ARCHIVES = {
    "is a zip that leads out of its folder": (
        ONE,
        zipped({f"../../{WORD}": "x", f"../{FILE}": GOOD}),
    ),
    "is a zip with an absolute path": (ONE, zipped({f"/tmp/{WORD}": "x"})),
    "is a zip of a symbolic link": (ONE, linked(str(CHAPTER.solution))),
    "is a tar of a symbolic link": (ONE, tarred([], special=[member(FILE, b"2", "/etc/passwd")])),
    "is a tar of a hard link": (ONE, tarred([], special=[member(FILE, b"1", "/etc/passwd")])),
    "is a tar of a device": (ONE, tarred([], special=[member(FILE, b"3")])),
    "is a tar of a pipe with a name": (ONE, tarred([], special=[member(FILE, b"6")])),
    "is a zip bomb": (LIMITS, zipped({FILE: b"#" * (200 << 20)})),
    "is a zip of a hundred thousand files": (LIMITS, zipped([str(n) for n in range(100_000)])),
    "is a zip with names of many lines": (ONE, zipped({"a\nb\r\n\x1b[2J/" + FILE: "x = 1"})),
    "is a zip of the same file twice": (ONE, zipped({f"a/{FILE}": GOOD, f"b/{FILE}": "x"})),
    "is no archive": ("It is said, and the others are marked.", b"PK\3\4" + bytes(999)),
}
ATTACKS = {
    name: Attack(words, "", plain="It has one file at a time.")
    for name, (words, _) in ARCHIVES.items()
}
ATTACKS |= {
    name: Attack("What cannot be read is said, within a size that is read fast.", "", plain=OURS)
    for name in HARD_TO_READ
}


@pytest.fixture(scope="module")
def marked(tmp_path_factory):
    """Hand all in with two that are right, and have them marked by the command."""
    if sandbox.means().level < 2:
        pytest.skip("without Landlock and seccomp no class is marked")
    root = tmp_path_factory.mktemp("class")
    files = {f"a right one {n}/{FILE}": f"{GOOD}# {n}\n".encode() for n in range(2)}
    for name, (_, data) in ARCHIVES.items():
        files[f"{name}/{'x.tar.gz' if 'tar' in name else 'x.zip'}"] = data
    files |= {f"{name}/{FILE}": data for name, data in HARD_TO_READ.items()}
    quick = [name for name in FORGING if "megabyte" not in name and "tables in" not in name]
    files |= {f"{name}/{FILE}": FORGING[name].source.encode() for name in quick}
    for name, data in files.items():
        path = root / "in" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    began = time.monotonic()
    words = ["--chapter", "7", "--only", ONLY, "--jobs", "2", "--out", "marks"]
    code, out, err = run(root, "mark", "in", *words)
    assert code == 0, err
    return root, records(root / "marks"), time.monotonic() - began


def test_each_has_one_verdict_and_only_the_right_have_a_point(marked):
    root, found, seconds = marked
    assert found.keys() == {path.name for path in (root / "in").iterdir()}
    assert sorted(key for key, record in found.items() if record["points"]) == [
        "a right one 0",
        "a right one 1",
    ]
    assert seconds < 60


@pytest.mark.parametrize("name", ATTACKS)
def test_it_is_said_why_nothing_is_marked_of_one_that(marked, name):
    record = marked[1][name]
    assert record["points"] == 0
    told = record["problem"] or (record["obstacle"] or {}).get("sentence", "")
    assert told or {e["state"] for e in record["exercises"]} <= {"wrong", "not yet"}
    assert len(told) < 2000


def test_nothing_is_left_beside_the_marks(marked):
    root = marked[0]
    assert sorted(path.name for path in root.iterdir()) == ["in", "marks"]
    assert not [path for path in root.rglob("*") if WORD in path.name]
    assert traces() == []
