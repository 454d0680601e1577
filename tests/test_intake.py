"""What a class hands in is found by name, read within limits, and never trusted."""

from __future__ import annotations

import gzip
import io
import os
import stat
import struct
import subprocess
import sys
import tarfile
import tracemalloc
import zipfile

import pytest

from grader import book
from grader.classroom import archives, exported, folders, intake, naming, roster
from grader.problems import Misuse
from grader.submission import MAX_SIZE, Obstacle

SEVEN = book.chapter_or_misuse("logistic_regression")
OTHER = book.chapter_or_misuse("naive_bayes")
FILE, OTHER_FILE = f"{SEVEN.slug}.py", f"{OTHER.slug}.py"
POSIX = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such files")


def put(root, files):
    """Write files, made of their names unless told otherwise."""
    for name in files:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        content = files[name] if isinstance(files, dict) else name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return root


def zipped(files) -> bytes:
    """Return a zip of names, or of names and contents."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in files:
            archive.writestr(name, files[name] if isinstance(files, dict) else name)
    return out.getvalue()


def tarred(files, mode="w:gz", special=()) -> bytes:
    """Return a tar of names or of names and contents, and of special members."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode=mode) as archive:
        for name in files:
            content = files[name] if isinstance(files, dict) else name
            data = content if isinstance(content, bytes) else content.encode()
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
        for info in special:
            archive.addfile(info)
    return out.getvalue()


def member(name, kind, target="") -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, target
    return info


def taken(path, *chapters, roster=None) -> dict:
    """Return what is read of every entry, or its problem, by key and chapter."""
    found = intake.entries(path, chapters or [SEVEN], roster)
    keys = [entry.learner.key for entry in found.entries]
    assert keys == sorted(keys)
    result = {}
    for entry in found.entries:
        at = (entry.learner.key, entry.chapter) if len(chapters) > 1 else entry.learner.key
        assert at not in result
        result[at] = entry.problem or entry.read().decode()
    return result


def only(path, *chapters):
    """Return the one entry there is."""
    (entry,) = intake.entries(path, chapters or [SEVEN]).entries
    return entry


# the forms that a class comes in


def test_folders_of_folders(tmp_path):
    put(tmp_path, [f"ada/{FILE}", f"grace/exercises/{FILE}", "emmy/notes.txt", ".DS_Store"])
    assert taken(tmp_path) == {
        "ada": f"ada/{FILE}",
        "grace": f"grace/exercises/{FILE}",
        "emmy": f"There is no {FILE}.",
    }


def test_two_chapters_have_an_entry_each(tmp_path):
    put(tmp_path, [f"ada/{FILE}", f"ada/{OTHER_FILE}", f"grace/{FILE}"])
    assert taken(tmp_path, SEVEN, OTHER) == {
        ("ada", SEVEN.slug): f"ada/{FILE}",
        ("ada", OTHER.slug): f"ada/{OTHER_FILE}",
        ("grace", SEVEN.slug): f"grace/{FILE}",
        ("grace", OTHER.slug): f"There is no {OTHER_FILE}. There is {FILE}.",
    }


def test_single_files_are_called_after_their_learners(tmp_path):
    put(tmp_path, ["ada.py", "grace_logistic-regression.py", "emmy.lee.py", "marks.csv"])
    found = intake.entries(tmp_path, [SEVEN])
    assert [(e.learner.key, e.read().decode()) for e in found.entries] == [
        ("ada", "ada.py"),
        ("emmy.lee", "emmy.lee.py"),
        ("grace", "grace_logistic-regression.py"),
    ]
    assert found.notes == ["Left out: marks.csv (it is no exercise and no archive)."]


def test_single_files_of_several_chapters_belong_to_one_learner(tmp_path):
    put(tmp_path, [f"ada_{FILE}", f"ada-{OTHER_FILE}", "grace.py"])
    assert taken(tmp_path, SEVEN, OTHER) == {
        ("ada", SEVEN.slug): f"ada_{FILE}",
        ("ada", OTHER.slug): f"ada-{OTHER_FILE}",
        ("grace", SEVEN.slug): f"There is no {FILE}. There is grace.py.",
        ("grace", OTHER.slug): f"There is no {OTHER_FILE}. There is grace.py.",
    }


def test_archives_of_every_kind(tmp_path):
    inside = [f"mine/{FILE}", f"mine/solutions/{FILE}", f"__MACOSX/mine/._{FILE}"]
    put(
        tmp_path,
        {
            "ada.zip": zipped(inside),
            "grace.tar.gz": tarred(inside),
            "emmy.tgz": tarred([f"./{name}" for name in inside]),
            "mary.tar": tarred(inside, "w"),
            "rosa.RAR": b"Rar!",
        },
    )
    found = taken(tmp_path)
    assert found.pop("emmy") == f"./mine/{FILE}"
    assert "not opened here" in found.pop("rosa")
    assert found == dict.fromkeys(["ada", "grace", "mary"], f"mine/{FILE}")


def test_an_archive_in_a_learners_folder_is_opened_and_one_in_it_is_not(tmp_path):
    put(
        tmp_path, {"ada/work.zip": zipped([FILE]), "grace/a.zip": zipped({"b.zip": zipped([FILE])})}
    )
    assert taken(tmp_path) == {"ada": FILE, "grace": f"There is no {FILE}. There is a.zip."}


def git(*words, cwd):
    quiet = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
    subprocess.run(
        ["git", *words], cwd=cwd, check=True, capture_output=True, env=os.environ | quiet
    )


def test_git_repositories(tmp_path):
    put(tmp_path / "ada", {f"exercises/{FILE}": "hers", f"tests/other_ways/{FILE}": "the book's"})
    git("init", "-q", cwd=tmp_path / "ada")
    put(tmp_path / "ada", {f".git/{FILE}": "never"})
    git("init", "-q", "--bare", str(tmp_path / "grace.git"), cwd=tmp_path)
    found = intake.entries(tmp_path, [SEVEN]).entries
    assert [entry.learner.key for entry in found] == ["ada", "grace"]
    assert found[0].read() == b"hers"
    assert "bare git repository" in found[1].problem
    assert found[1].next_step.startswith("git clone grace.git")


MOODLE_FOLDERS = {
    f"Ada Lovelace_12345_assignsubmission_file/{FILE}": "ada's",
    "Ada Lovelace_12345_assignsubmission_onlinetext/onlinetext.html": "<p>hello</p>",
    f"Grace Hopper_12346_assignsubmission_file_/deep/{FILE}": "grace's",
    "Emmy Noether_12347_assignsubmission_onlinetext_/onlinetext.html": "<p>no file</p>",
    "Mary Ward_12348_assignsubmission_file_/work.zip": zipped({FILE: "mary's"}),
    f"Participant_12349_assignsubmission_file_/{FILE}": "nameless",
}
MOODLE_FLAT = {
    f"Ada Lovelace_12345_assignsubmission_file_{FILE}": "ada's",
    "Ada Lovelace_12345_assignsubmission_file_notes.pdf": "notes",
    "Ada Lovelace_12345_assignsubmission_onlinetext_onlinetext.html": "<p>hello</p>",
    f"Grace Hopper_12346_assignsubmission_file_{FILE}": "grace's",
    "Emmy Noether_12347_assignsubmission_onlinetext_onlinetext.html": "<p>no file</p>",
    "Mary Ward_12348_assignsubmission_file_work.zip": zipped({FILE: "mary's"}),
    f"Participant_12349_assignsubmission_file_{FILE}": "nameless",
}
MOODLE = {
    "Ada Lovelace_12345": "ada's",
    "Emmy Noether_12347": f"There is no {FILE}.",
    "Grace Hopper_12346": "grace's",
    "Mary Ward_12348": "mary's",
    "Participant_12349": "nameless",
}


@pytest.mark.parametrize("files", [MOODLE_FOLDERS, MOODLE_FLAT], ids=["folders", "flat"])
@pytest.mark.parametrize("form", ["zip", "tar.gz", "tar", "unpacked"])
def test_moodle(tmp_path, files, form):
    path = tmp_path / f"CS1-Logistic regression-77.{form}"
    if form == "unpacked":
        put(path, files)
    else:
        path.write_bytes(zipped(files) if form == "zip" else tarred(files, f"w:{form[4:]}"))
    found = intake.entries(path, [SEVEN])
    assert {e.learner.key: e.problem or e.read().decode() for e in found.entries} == MOODLE
    assert found.notes == []
    ada, *_, nameless = (entry.learner for entry in found.entries)
    assert (ada.name, ada.id) == ("Ada Lovelace", "12345")
    assert (nameless.name, nameless.id) == ("Participant 12349", "12349")


CANVAS = {
    f"lovelaceada_4711_90001_{FILE}": "ada's",
    f"lovelaceada_4711_90002_{OTHER_FILE}": "ada's other",
    "hoppergrace_LATE_4712_90003_logistic_regression-2.py": "grace's third",
    "noetheremmy_4713_text.html": "<p>no file</p>",
    "wardmary_4714_90004_work-1.zip": zipped({FILE: "mary's"}),
    f"anon_Xy12z_90005_{FILE}": "nameless",
    "how to upload.txt": "the teacher's",
}


@pytest.mark.parametrize("form", ["zip", "unpacked"])
def test_canvas(tmp_path, form):
    path = tmp_path / "submissions.zip"
    if form == "zip":
        path.write_bytes(zipped(CANVAS))
    else:
        put(path, CANVAS)
    found = intake.entries(path, [SEVEN])
    assert {e.learner.key: e.problem or e.read().decode() for e in found.entries} == {
        "anon_Xy12z": "nameless",
        "hoppergrace_4712": "grace's third",
        "lovelaceada_4711": "ada's",
        "noetheremmy_4713": f"There is no {FILE}.",
        "wardmary_4714": "mary's",
    }
    assert [e.learner.id for e in found.entries] == ["Xy12z", "4712", "4711", "4713", "4714"]
    assert found.notes == ["Left out: how to upload.txt (it is no exercise and no archive)."]
    assert taken(path, SEVEN, OTHER)["lovelaceada_4711", OTHER.slug] == "ada's other"


def test_of_what_canvas_numbered_the_last_counts(tmp_path):
    put(
        tmp_path,
        {
            f"a_1_10_{FILE}": "first",
            "a_LATE_1_30_logistic_regression-2.py": "third",
            "a_1_20_logistic_regression-1.py": "second",
        },
    )
    assert taken(tmp_path) == {"a_1": "third"}


def test_a_zip_of_the_folder_of_its_own_name(tmp_path):
    path = tmp_path / "class.zip"
    path.write_bytes(zipped([f"class/ada/{FILE}", f"class/grace/{FILE}"]))
    assert taken(path) == {"ada": f"class/ada/{FILE}", "grace": f"class/grace/{FILE}"}


# which file


@pytest.mark.parametrize(
    "files, chosen",
    [
        ([FILE, f"old/{FILE}"], FILE),
        ([f"a/exercises/{FILE}", f"a/backup/{FILE}"], f"a/exercises/{FILE}"),
        ([f"exercises/{FILE}", f"solutions/{FILE}"], f"exercises/{FILE}"),
        ([f"x/{FILE}", "logistic_regression-1.py"], f"x/{FILE}"),
        (["07-logistic-regression.py"], "07-logistic-regression.py"),
        (["Logistic Regression (2).py"], "Logistic Regression (2).py"),
        (["lovelace-logistic-regression.py"], "lovelace-logistic-regression.py"),
        (["mylogisticregression.py"], None),
        ([f"solutions/{FILE}"], None),
        ([f".venv/{FILE}", f"__pycache__/{FILE}"], None),
        ([f"a/{FILE}", f"b/{FILE}"], None),
        (["logistic_regression-1.py", "logistic_regression-2.py"], None),
        (["/".join("abcdefghijklmnop") + f"/{FILE}"], None),
    ],
)
@pytest.mark.parametrize("is_packed", [False, True])
def test_which_file_counts(tmp_path, files, chosen, is_packed):
    if is_packed:
        put(tmp_path, {"ada.zip": zipped(files)})
    else:
        put(tmp_path / "ada", files)
    entry = only(tmp_path)
    assert (entry.problem == "") == (chosen is not None)
    assert entry.read().decode() == (chosen or "")


def test_two_that_could_be_meant_are_both_named(tmp_path):
    put(tmp_path / "ada", [f"a/{FILE}", f"b/{FILE}"])
    entry = only(tmp_path)
    assert entry.problem == f"2 files could be meant: ada/a/{FILE} and ada/b/{FILE}."
    assert FILE in entry.next_step


def test_a_name_that_only_ends_so_counts_for_one_chapter_and_not_for_two(tmp_path):
    put(tmp_path / "ada", ["lovelace_logistic_regression.py"])
    assert "lovelace_logistic" in taken(tmp_path)["ada"]
    assert taken(tmp_path, SEVEN, OTHER)["ada", SEVEN.slug].startswith(f"There is no {FILE}.")


def test_a_renamed_file_is_pointed_at(tmp_path):
    put(tmp_path / "ada", ["logistic_regresion.py"])
    assert "There is logistic_regresion.py: was it renamed?" in only(tmp_path).problem


# who


def test_handed_in_twice(tmp_path):
    put(tmp_path, {f"ada/{FILE}": "one", "ada.zip": zipped([FILE]), f"grace/{FILE}": "hers"})
    found = intake.entries(tmp_path, [SEVEN])
    ada, grace = found.entries
    assert ada.problem == "Handed in twice: ada and ada.zip."
    assert grace.read() == b"hers"
    assert found.notes == ["ada handed in twice, and is not marked: ada and ada.zip."]


def test_a_roster_names_and_misses(tmp_path):
    (tmp_path / "r.csv").write_text(
        "submission,name,email\nada,Ada Lovelace,ada@example.org\ngrace,Grace Hopper,\nmary,Mary,\n"
    )
    put(
        tmp_path / "in",
        [f"ada/{FILE}", f"stranger/{FILE}", f"Grace Hopper/{FILE}", f"grace/{FILE}"],
    )
    found = intake.entries(tmp_path / "in", [SEVEN, OTHER], roster.read(tmp_path / "r.csv"))
    assert len(found.entries) == 8
    by_key = {e.learner.key: e for e in found.entries if e.chapter == SEVEN.slug}
    assert by_key["ada"].learner.name == "Ada Lovelace"
    assert by_key["ada"].learner.email == "ada@example.org"
    assert by_key["ada"].learner.row["submission"] == "ada"
    assert by_key["mary"].problem == "Nothing was handed in."
    assert by_key["stranger"].learner.row == {}
    assert found.notes == [
        "1 of the roster handed in nothing: Mary.",
        "1 handed in and is not on the roster: stranger.",
        "Grace Hopper handed in twice, and is not marked: Grace Hopper and grace.",
    ]


def test_notes_are_cut(tmp_path):
    put(tmp_path, [f"ada/{FILE}", *(f"note{i:03}.txt" for i in range(100))])
    (note,) = intake.entries(tmp_path, [SEVEN]).notes
    assert note.endswith("and 80 more.")
    assert len(note) < 2000


def test_moodles_worksheet_meets_moodles_export(tmp_path):
    (tmp_path / "r.csv").write_text(
        "Identifier,Full name,Grade\nParticipant 12345,Ada Lovelace,\nParticipant 9,Eve,\n"
    )
    (tmp_path / "e.zip").write_bytes(zipped(MOODLE_FOLDERS))
    known = roster.read(tmp_path / "r.csv")
    found = intake.entries(tmp_path / "e.zip", [SEVEN], known)
    rows = {e.learner.key: e.learner.row for e in found.entries}
    assert rows["Ada Lovelace_12345"] is known.rows[0]
    assert rows["Eve_9"] is known.rows[1]
    assert rows["Mary Ward_12348"] == {}


@POSIX
@pytest.mark.parametrize("form", ["folder", "zip"])
def test_names_that_steer_are_shown_clean_and_stay_apart(tmp_path, form):
    hostile = ["a\nb", "a\x1b[2Jb", "a\x07[2Jb", "\u202eada", "a b", "x" * 200]
    path = tmp_path / "in.zip"
    if form == "folder":
        put(path, [f"{name}/{FILE}" for name in hostile])
        os.makedirs(os.fsencode(path) + b"/bad\xff")
    else:
        path.write_bytes(zipped([f"{name}/{FILE}" for name in hostile]))
    found = intake.entries(path, [SEVEN])
    keys = [entry.learner.key for entry in found.entries]
    assert len(keys) == len(set(keys)) == len(hostile) + (form == "folder")
    assert {"a b", "a b (2)", "a\ufffd[2Jb", "a\ufffd[2Jb (2)"} <= set(keys)
    for entry in found.entries:
        told = entry.learner.key + entry.learner.name + entry.origin + entry.problem
        assert told.isprintable()
        assert told.encode()


# hostile folders


@POSIX
def test_links_and_devices_are_not_read(tmp_path):
    secret = tmp_path / "secret.py"
    secret.write_text("secret")
    root = put(tmp_path / "in", [f"{name}/notes.txt" for name in ("soft", "hard", "fifo", "dir")])
    (root / "soft" / FILE).symlink_to(secret)
    os.link(secret, root / "hard" / FILE)
    os.mkfifo(root / "fifo" / FILE)
    (root / "dir" / "exercises").symlink_to(tmp_path)
    (root / "whole").symlink_to(tmp_path)
    (root / "single.py").symlink_to(secret)
    os.mkfifo(root / "pipe.zip")
    found = taken(root)
    assert found["soft"] == f"soft/{FILE} is a symbolic link: links are not followed."
    assert found["hard"] == f"hard/{FILE} is a hard link: it may be a file from elsewhere."
    assert found["fifo"] == f"fifo/{FILE} is no regular file."
    assert found["dir"] == f"There is no {FILE}."
    assert found["whole"] == "whole is a symbolic link: links are not followed."
    assert found["single"] == "single.py is a symbolic link: links are not followed."
    assert found["pipe"] == "pipe.zip is no regular file."


@POSIX
def test_a_file_that_is_swapped_after_it_was_found_is_not_read(tmp_path):
    secret = put(tmp_path / "else", {FILE: "secret"}) / FILE
    root = put(tmp_path / "in", [f"{name}/e/{FILE}" for name in "abcd"])
    entries = intake.entries(root, [SEVEN]).entries
    for name in "abc":
        (root / name / "e" / FILE).unlink()
    (root / "a" / "e" / FILE).symlink_to(secret)
    os.link(secret, root / "b" / "e" / FILE)
    os.mkfifo(root / "c" / "e" / FILE)
    (root / "d" / "e").rename(root / "d" / "f")
    (root / "d" / "e").symlink_to(secret.parent)
    for entry in entries:
        with pytest.raises(Obstacle):
            entry.read()


def test_a_large_file_is_read_no_further_than_its_limit(tmp_path):
    put(tmp_path, {f"ada/{FILE}": b"#" * (MAX_SIZE + 9), "g.zip": zipped({FILE: "#" * 3_000_000})})
    for entry in intake.entries(tmp_path, [SEVEN]).entries:
        assert len(entry.read()) == MAX_SIZE + 1


def test_a_folder_of_too_many_files(tmp_path, monkeypatch):
    monkeypatch.setattr(folders, "MOST_VISITED", 50)
    many = [f"ada/many/{i}.txt" for i in range(60)]
    put(tmp_path, [*many, f"ada/many/{FILE}", *(f"g{name[1:]}" for name in many), f"gda/{FILE}"])
    found = taken(tmp_path)
    assert found["ada"] == "ada holds more than 50 files."
    assert found["gda"] == f"gda/{FILE}"  # above the many


# hostile archives


def problem_of(tmp_path, data: bytes, name="ada.zip") -> str:
    """Return the problem of what one hands in, beside another who is marked."""
    put(tmp_path, {name: data, "grace.zip": zipped({FILE: "hers"})})
    ada, grace = intake.entries(tmp_path, [SEVEN]).entries
    assert grace.read() == b"hers"
    if ada.problem:
        assert ada.read() == b""
        return ada.problem
    with pytest.raises(Obstacle) as told:
        ada.read()
    return told.value.sentence


OUTSIDE = [
    f"../{FILE}",
    f"../../../../tmp/{FILE}",
    f"/etc/{FILE}",
    f"a/../../{FILE}",
    f"C:/{FILE}",
    f"C:{FILE}",
    f"..\\{FILE}",
    f"a\\{FILE}",
    f"a//{FILE}",
]


@pytest.mark.parametrize("name", OUTSIDE)
@pytest.mark.parametrize("pack", [zipped, tarred])
def test_a_path_that_leads_out_is_not_taken(tmp_path, name, pack):
    before = sorted(tmp_path.parent.rglob("*"))
    told = problem_of(tmp_path / "in", pack([name]))
    assert "leads out of the archive" in told
    after = [path for path in tmp_path.parent.rglob("*") if tmp_path / "in" not in path.parents]
    assert sorted(after) == sorted({*before, tmp_path / "in"})  # and nothing was unpacked


def test_a_path_that_leads_out_of_an_export_is_left_out(tmp_path):
    path = tmp_path / "export.zip"
    path.write_bytes(zipped([*OUTSIDE[:3], f"ada/{FILE}", f"grace/../{FILE}"]))
    found = intake.entries(path, [SEVEN])
    assert [entry.learner.key for entry in found.entries] == ["ada"]
    assert found.notes[0].count("leads out of the archive") == 4


@pytest.mark.parametrize(
    "kind, words",
    [
        (tarfile.SYMTYPE, "is a link"),
        (tarfile.LNKTYPE, "is a link"),
        (tarfile.CHRTYPE, "is no regular file"),
        (tarfile.BLKTYPE, "is no regular file"),
        (tarfile.FIFOTYPE, "is no regular file"),
    ],
)
def test_special_members_of_a_tar(tmp_path, kind, words):
    data = tarred(["secret.py"], special=[member(FILE, kind, "secret.py")])
    assert words in problem_of(tmp_path, data, "ada.tar.gz")


@pytest.mark.parametrize(
    "mode, words", [(stat.S_IFLNK, "symbolic link"), (stat.S_IFIFO, "regular")]
)
def test_special_members_of_a_zip(tmp_path, mode, words):
    info = zipfile.ZipInfo(FILE)
    info.external_attr = (mode | 0o777) << 16
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr(info, "/etc/passwd")
    assert words in problem_of(tmp_path, out.getvalue())


def test_a_zip_bomb_is_read_no_further_than_its_limit(tmp_path):
    out = io.BytesIO()
    with (
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open(FILE, "w") as file,
    ):
        for _ in range(200):
            file.write(bytes(1 << 20))
    put(tmp_path, {"ada.zip": out.getvalue()})
    tracemalloc.start()
    assert len(only(tmp_path).read()) == MAX_SIZE + 1
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 20 << 20


def test_a_rare_packing_is_refused(tmp_path):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_BZIP2) as archive:
        archive.writestr(FILE, "x")
    assert "packed in a rare way" in problem_of(tmp_path, out.getvalue())


def test_an_encrypted_member(tmp_path):
    data = bytearray(zipped([FILE]))
    data[data.index(b"PK\1\2") + 8] |= 1
    assert "is encrypted" in problem_of(tmp_path, bytes(data))


def test_100_000_files_in_a_zip(tmp_path):
    data = zipped([FILE])
    at = data.index(b"PK\1\2")
    directory = data[at : data.index(b"PK\5\6")]
    end = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, 0xFFFF, 0xFFFF, len(directory) * 100_000, at, 0)
    told = problem_of(tmp_path, data[:at] + directory * 100_000 + end)
    assert told == "ada.zip holds more than 10,000 files."


def test_100_000_files_in_a_tar(tmp_path):
    header = tarfile.TarInfo("x").tobuf()
    told = problem_of(tmp_path, gzip.compress(header * 100_000, 1), "ada.tgz")
    assert told == "ada.tgz holds more than 10,000 files."


@pytest.mark.parametrize("form", [tarfile.XHDTYPE, tarfile.XGLTYPE, tarfile.GNUTYPE_LONGNAME])
def test_a_tar_with_a_header_of_64_megabytes(tmp_path, form):
    info = member("x", form)
    info.size = 64 << 20
    data = gzip.compress(info.tobuf(tarfile.GNU_FORMAT) + bytes(info.size), 1)
    put(tmp_path, {"ada.tgz": data})
    tracemalloc.start()
    assert only(tmp_path).problem == "ada.tgz unpacks to too much."
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 20 << 20


def test_a_tar_that_unpacks_to_too_much(tmp_path, monkeypatch):
    monkeypatch.setattr(archives, "MOST_UNPACKED", 8 << 20)
    data = tarred({"zeros": bytes(10 << 20), FILE: "x"})
    assert problem_of(tmp_path, data, "ada.tar.gz") == "ada.tar.gz unpacks to too much."


def test_a_tar_of_headers_upon_headers(tmp_path):
    info = member("x", tarfile.XHDTYPE)
    info.size = 512
    record = b"11 path=ab\n"
    data = (info.tobuf(tarfile.GNU_FORMAT) + record.ljust(512, b"\0")) * 5000
    assert "ada.tar" in problem_of(tmp_path, data, "ada.tar")


def test_a_sparse_member(tmp_path):
    info = member(FILE, tarfile.GNUTYPE_SPARSE)
    assert "sparse" in problem_of(tmp_path, info.tobuf(tarfile.GNU_FORMAT), "ada.tar")


def test_an_archive_that_is_too_large(tmp_path, monkeypatch):
    monkeypatch.setattr(archives, "MOST_PACKED", 1000)
    put(tmp_path, {"ada.zip": zipped({FILE: os.urandom(5000)})})
    assert "is larger than" in only(tmp_path).problem


@pytest.mark.parametrize(
    "data",
    [b"", b"PK", b"PK\3\4", b"\x1f\x8b", b"\x1f\x8b\x08" + bytes(50), b"hello", bytes(2000)],
)
def test_a_broken_archive_is_its_learners_problem(tmp_path, data):
    told = problem_of(tmp_path, data)
    assert "ada.zip is broken" in told or told == f"There is no {FILE}. There is ada.zip."


@pytest.mark.parametrize("pack", [zipped, tarred, lambda files: tarred(files, "w")])
def test_an_archive_damaged_anywhere_never_raises_more_than_an_obstacle(tmp_path, pack):
    import random

    chance = random.Random(0)
    whole = pack({FILE: "print(1)\n" * 100, "notes.txt": "x" * 500})
    ended = set()
    for _ in range(150):
        data = bytearray(whole[: chance.choice([len(whole), chance.randrange(len(whole))])])
        for _ in range(chance.randrange(4) if data else 0):
            data[chance.randrange(len(data))] = chance.randrange(256)
        put(tmp_path, {"ada.zip": bytes(data)})
        entry = only(tmp_path)
        try:
            ended.add(bool(entry.problem) or entry.read() != b"")
        except Obstacle as told:
            ended.add(told.sentence)
    assert True in ended


def test_the_same_member_twice_is_not_guessed_at(tmp_path):
    with pytest.warns(UserWarning, match="Duplicate"):
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w") as archive:
            archive.writestr(FILE, "one")
            archive.writestr(FILE, "two")
    assert "2 files could be meant" in problem_of(tmp_path, out.getvalue())


def test_many_archives_of_one_learner(tmp_path):
    put(tmp_path / "ada", {f"{i}.zip": zipped(["x.py"]) for i in range(9)})
    assert only(tmp_path).problem == "More than 5 archives: the others stayed closed."


# large classes


def test_memory_is_that_of_the_names(tmp_path):
    path = tmp_path / "export.zip"
    text = "x = 1\n" * 5000
    path.write_bytes(zipped({f"L{i}_{i}_assignsubmission_file_{FILE}": text for i in range(2000)}))
    tracemalloc.start()
    found = intake.entries(path, [SEVEN])
    assert sum(len(entry.read()) for entry in found.entries) == 2000 * len(text)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 2000 * 6000 + MAX_SIZE * 4


@POSIX
def test_a_forked_process_reads_an_export_by_itself(tmp_path):
    path = tmp_path / "export.zip"
    path.write_bytes(zipped({f"L{i}/{FILE}": f"{i}\n" * 5000 for i in range(100)}))
    entries = intake.entries(path, [SEVEN]).entries
    child = os.fork()
    texts = [entry.read() for entry in entries]
    good = all(
        texts[at] == f"{entry.learner.key[1:]}\n".encode() * 5000
        for at, entry in enumerate(entries)
    )
    if child == 0:
        os._exit(0 if good else 1)
    assert good
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


# what is not there


def test_nothing_to_mark_is_said(tmp_path):
    put(tmp_path, {"readme.txt": "x", "broken.zip": b"PK\3\4", "bad.tgz": b"x", "own/a": "x"})
    put(tmp_path, [f"own/{FILE}", f"own/{OTHER_FILE}", "other/a.txt"])
    (tmp_path / "none").mkdir()
    for name, words in {
        "missing": "is not there",
        "none": "is empty",
        "readme.txt": "is no folder",
        "broken.zip": "is broken",
        "bad.tgz": "is broken",
        "own": "exercises of one learner",
        "other": "holds nothing",
    }.items():
        with pytest.raises(Misuse, match=words) as told:
            intake.entries(tmp_path / name, [SEVEN])
        assert told.value.next_step


def test_an_export_of_too_many_files(tmp_path, monkeypatch):
    monkeypatch.setattr(exported, "MOST_OF_ALL", 5)
    for name, data in {
        "e.zip": zipped(map(str, range(9))),
        "e.tar": tarred(map(str, range(9))),
    }.items():
        (tmp_path / name).write_bytes(data)
        with pytest.raises(Misuse, match="more than 5 files"):
            intake.entries(tmp_path / name, [SEVEN])


def test_the_rule_of_names():
    slugs = [SEVEN.slug, OTHER.slug]
    assert naming.from_folder("Default group_assignsubmission_file_").key == "Default group"
    assert naming.from_file("ada.tar.gz", slugs, False).key == "ada"
    assert naming.from_file("lovelace_2024_07_x.py", slugs, False).key == "lovelace_2024_07_x"
    assert not naming.is_canvas_export(["lovelace_2024_07_x.py", "ada.py", "grace.py"])
