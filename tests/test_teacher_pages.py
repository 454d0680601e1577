"""The teachers' pages: what they say to type is typed here, and says what they say.

    python tests/test_teacher_pages.py

writes the screens into the page as they are now, and its pictures where playwright is installed.
"""

import csv
import io
import json
import os
import re
import shlex
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import zipfile
from contextlib import closing, suppress
from pathlib import Path

import pytest

if __name__ == "__main__":
    sys.path[:0] = [str(Path(__file__).resolve().parent.parent)]

from grader import book, stub, systems
from grader.book import ROOT
from grader.classroom import naming, sandbox

PAGES, RECIPES = ROOT / "press" / "pages", ROOT / "recipes"
PAGE = PAGES / "teachers.md"
CHAPTER = book.find_chapter("logistic_regression")
FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.M | re.S)
PAIR = re.compile(r"(^```console\n((?:(?!```).*\n)*)```\n\n)```text\n(?:(?!```).*\n)*```$", re.M)
LEADER = "tcp://leader:8786"
WHEEL = "ground_up-0.1.0-py3-none-any.whl"
GRADEBOOK = """\
Student,ID,SIS User ID,SIS Login ID,Section,chapter-07 (99)
    Points Possible,,,,,16
"Lovelace, Ada",4711,,ada,A,
"Hopper, Grace",4712,,grace,A,
"Turing, Alan",4713,,alan,A,
"""
# pip alone is stood in for: tests/test_wheel.py installs
PRELUDE = """
pip() {{ case $1 in wheel) touch {wheel} ;; esac }}
python() {{ {python} "$@"; }}
"""

needs_a_sandbox = pytest.mark.skipif(
    sandbox.means().level < 2, reason="no class is marked where it cannot be shut in"
)


# ---------------------------------------------------------------- a teacher's machine


def commands(folder):
    """Return a folder with `grader` and `dask` in it, as this environment has them."""
    folder.mkdir()
    for name, words in {"grader": "-m grader", "dask": "-m dask"}.items():
        text = f'#!/bin/sh\nexec {shlex.quote(sys.executable)} {words} "$@"\n'
        (folder / name).write_text(text)
        (folder / name).chmod(0o755)
    return folder


def environment(path, **more):
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("GITHUB_", "GRADER_"))}
    paths = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
    path = os.pathsep.join([str(path), os.environ["PATH"]])
    fixed = {"COLUMNS": "76", "NO_COLOR": "1", "PYTHONIOENCODING": "utf-8"}
    return kept | fixed | {"PATH": path, "PYTHONPATH": paths} | more


def typed(text, folder, environment):
    """Return what lines print that are typed into a shell, and the folder it ends in."""
    prelude = PRELUDE.format(wheel=WHEEL, python=shlex.quote(sys.executable))
    end = folder / ".where"
    run = subprocess.run(
        ["bash", "-euc", f"{prelude}\n{text}\npwd >{shlex.quote(str(end))}"],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=300,
    )
    assert run.returncode == 0, f"{text}\n{run.stdout}{run.stderr}"
    where = Path(end.read_text().strip())
    end.unlink()
    return run.stdout, where


class Machine:
    """Where the page is tried: the book in `ground-up`, and what the platforms export."""

    def __init__(self, around):
        self.around = around
        self.environment = environment(commands(around / "bin"))
        self.running = []
        self.page = PAGE.read_text(encoding="utf-8")
        self.prepare(around / "marking")
        shutil.copytree(RECIPES, around / "ground-up" / "recipes")
        with closing(socket.socket()) as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]

    def prepare(self, at):
        """Put what the teacher has downloaded where they mark."""
        at.mkdir()
        with zipfile.ZipFile(at / "submissions.zip", "w") as archive:
            for name, number in (("lovelaceada", 4711), ("turingalan_LATE", 4713)):
                inside = f"{name}_{number}_{number}0_logistic_regression.py"
                archive.writestr(inside, CHAPTER.source + f"# {name}\n")
        (at / "gradebook.csv").write_text(GRADEBOOK)
        (roster,) = (text for kind, text in FENCE.findall(self.page) if kind == "csv")
        (at / "class.csv").write_text(roster)
        for name in ("ada", "alan"):
            home = at / "repositories" / name
            (home / "exercises").mkdir(parents=True)
            source = CHAPTER.source + f"# {name}\n"
            (home / "exercises" / "logistic_regression.py").write_text(source, encoding="utf-8")
            subprocess.run(["git", "init", "-q", str(home)], check=True)

    def screens(self):
        """Yield each block that is typed with what it prints, in the order of the page."""
        for section in re.split(r"^(?=## )", self.page, flags=re.M):
            where = self.around / ("" if "\ncd ground-up" in section else "marking")
            for kind, lines in FENCE.findall(section):
                if kind == "console":
                    said, where = self.block(lines, where)
                    yield lines, said

    def block(self, lines, where):
        if not lines.startswith("dask"):
            here = lines.replace(LEADER, f"tcp://127.0.0.1:{self.port}")
            return typed(here, where, self.environment)
        words = shlex.split(lines.replace(LEADER, f"tcp://127.0.0.1:{self.port}"))
        if words[1] == "scheduler":
            words += ["--host", "127.0.0.1", "--port", str(self.port)]
            words += ["--dashboard-address", "127.0.0.1:0"]
        else:
            words += ["--local-directory", str(self.around), "--no-dashboard"]
        log = open(self.around / f"{words[1]}.log", "w")  # noqa: SIM115  it outlives us
        process = subprocess.Popen(
            words, cwd=where, env=self.environment, stdout=log, stderr=log, start_new_session=True
        )
        log.close()
        self.running.append(process)
        ready = "Starting established connection" if words[1] == "worker" else "Scheduler at"
        deadline = time.monotonic() + 60
        while ready not in (self.around / f"{words[1]}.log").read_text():
            assert process.poll() is None and time.monotonic() < deadline, words
            time.sleep(0.1)
        return "", where

    def close(self):
        for process in reversed(self.running):
            process.terminate()
        for process in reversed(self.running):
            with suppress(subprocess.TimeoutExpired):
                process.wait(20)
            process.kill()
            process.wait()


def filled(text, said):
    """Return the page with each screen that follows a block of commands as it is now."""

    def screen(match):
        return f"{match[1]}```text\n{said[match[2]]}```"

    return PAIR.sub(screen, text)


@pytest.fixture(scope="module")
def tried(tmp_path_factory):
    """Return the page, what its commands said, and where they were typed."""
    pytest.importorskip("distributed")
    machine = Machine(tmp_path_factory.mktemp("teacher"))
    try:
        said = dict(machine.screens())
    finally:
        machine.close()
    return machine.page, said, machine.around


def text_of(path):
    return path.read_text(encoding="utf-8-sig")


# ---------------------------------------------------------------- the page


@needs_a_sandbox
def test_every_screen_of_the_page_is_what_is_shown(tried):
    text, said, _ = tried
    assert filled(text, said) == text, "python tests/test_teacher_pages.py writes them anew"
    assert len(PAIR.findall(text)) == 4


@needs_a_sandbox
def test_a_class_of_moodle_ends_in_its_worksheet(tried):
    marks = tried[2] / "marking" / "marks"
    before = list(csv.DictReader(io.StringIO(text_of(marks.parent / "monday" / "worksheet.csv"))))
    after = list(csv.DictReader(io.StringIO(text_of(marks / "moodle.csv"))))
    same = ("Identifier", "Full name", "Email address", "Maximum Grade", "Grade can be changed")
    told = [{tuple(row[column] for column in same) for row in rows} for rows in (before, after)]
    assert told[0] == told[1] and len(after) == len(before) == 31
    grades = {row["Full name"]: row["Grade"] for row in after}
    assert grades.pop("Zoe Late") == "" and set(grades.values()) >= {"0.00", "100.00"}


@needs_a_sandbox
def test_a_class_of_canvas_ends_in_its_gradebook(tried):
    rows = list(csv.reader(io.StringIO(text_of(tried[2] / "marking" / "canvas" / "canvas.csv"))))
    assert rows[0][-1] == "chapter-07 (99)"
    points = {row[1]: row[-1] for row in rows[2:]}
    assert points == {"4711": "16", "4712": "", "4713": "16"}


@needs_a_sandbox
def test_a_folder_of_repositories_is_marked_by_the_roster_of_the_page(tried):
    lines = text_of(tried[2] / "marking" / "autumn" / "marks.jsonl").splitlines()
    found = {m["learner"]["name"]: m["points"] for m in map(json.loads, lines)}
    assert found == {"Ada Lovelace": 16, "Alan Turing": 16, "Grace Hopper": 0}


@needs_a_sandbox
def test_a_cluster_gives_the_same_marks(tried):
    def points(name):
        lines = text_of(tried[2] / "marking" / name / "marks.jsonl").splitlines()
        return {m["learner"]["key"]: m["points"] for m in map(json.loads, lines)}

    alone = points("marks")
    assert alone.pop("Zoe Late_1031") == 0
    assert points("by-many") == alone


@needs_a_sandbox
def test_every_file_of_the_table_is_there_and_no_other(tried):
    table = tried[0].partition("| file | what it holds |")[2].partition("\n\n")[0]
    named = {n for row in table.splitlines()[2:] for n in re.findall("`(.+?)`", row.split("|")[1])}
    written = set()
    for run in ("marks", "canvas", "autumn"):
        for path in (tried[2] / "marking" / run).iterdir():
            written.add(path.name + "/" * path.is_dir())
    assert written == named


@needs_a_sandbox
def test_a_mark_is_made_again(tried):
    said = tried[1]['grader class replay marks "Ada Abel"\n']
    assert said.startswith("Ada Abel, logistic regression")
    assert said.endswith("  The same marks as in the run.\n")


def test_the_rules_of_names_are_those_of_the_intake():
    text = PAGE.read_text(encoding="utf-8").partition("## Whose file is it?")[2]
    names = re.findall(r"`([\w() -]+\.py)`", text.partition("\n## ")[0])
    ranks = [naming.rank(name, CHAPTER.slug, is_only=True)[0] for name in names]
    assert ranks == [1, 2, 2, 3]
    assert naming.rank(names[-1], CHAPTER.slug, is_only=False) is None
    for ending in re.findall(r"`(\.[a-z.]+)`", text):
        assert naming.is_archive(f"a{ending}")


def test_the_points_are_those_of_the_stub():
    text = PAGE.read_text(encoding="utf-8")
    holes = stub.holes(CHAPTER.source)
    levels = {hole.level: hole.points for hole in holes}
    assert levels == {"warm-up": 1, "core": 2, "stretch": 3}
    assert "A warm-up counts 1, a core exercise 2, a stretch 3" in text
    words = {8: "eight"}
    total = sum(hole.points for hole in holes)
    assert f"chapter 7, with {words[len(holes)]} exercises, that makes {total}." in text


# ---------------------------------------------------------------- the recipes


@needs_a_sandbox
def test_the_zip_for_gradescope_holds_what_its_page_says(tried):
    at = tried[2] / "ground-up" / "recipes" / "gradescope"
    with zipfile.ZipFile(at / "autograder.zip") as archive:
        assert archive.namelist() == ["setup.sh", "run_autograder", WHEEL]
        modes = [info.external_attr >> 16 & 0o111 for info in archive.infolist()[:2]]
    assert modes == [0o111, 0o111]


def in_place(name, root):
    """Return a script of Gradescope's with its absolute paths below a folder of ours."""
    text = (RECIPES / "gradescope" / name).read_text()
    assert "/autograder" in text
    return re.sub(r"(?<![\w.])/(autograder|opt)\b", rf"{root}/\1", text)


@pytest.fixture
def container(tmp_path):
    """Return the root of what Gradescope's container has, with one file handed in."""
    (tmp_path / "autograder" / "submission").mkdir(parents=True)
    (tmp_path / "autograder" / "results").mkdir()
    (tmp_path / "autograder" / "source").mkdir()
    source = stub.derive(CHAPTER.source, {"sigmoid"})
    path = tmp_path / "autograder" / "submission" / "logistic_regression.py"
    path.write_text(source, encoding="utf-8")
    (tmp_path / "opt" / "ground-up").mkdir(parents=True)
    commands(tmp_path / "opt" / "ground-up" / "bin")
    return tmp_path


def autograded(root, **more):
    run = subprocess.run(
        ["bash", "-c", in_place("run_autograder", root)],
        cwd=root / "autograder",
        env=environment(root / "nothing", **more),
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=120,
    )
    return run, root / "autograder" / "results" / "results.json"


@needs_a_sandbox
def test_a_submission_at_gradescope_is_marked_without_bubblewrap(container):
    run, results = autograded(container, GRADER_WITHOUT="bubblewrap")
    assert run.returncode == 0, run.stdout + run.stderr
    found = json.loads(results.read_text(encoding="utf-8"))
    assert found["score"] == 1 and len(found["tests"]) == 8
    assert [test["score"] for test in found["tests"]] == [1] + [0] * 7
    assert "sandbox: landlock + seccomp + limits" in found["output"]


@pytest.mark.skipif(not systems.has("fork"), reason="a class is marked on Linux")
def test_where_gradescope_cannot_shut_it_in_nothing_is_marked_and_the_teacher_reads_why(container):
    run, results = autograded(container, GRADER_WITHOUT="bubblewrap,landlock")
    assert run.returncode == 1 and not results.exists()
    assert "landlock missing" in run.stderr
    assert re.search(r"landlock +not here", run.stdout) and "Level 1 of 3" in run.stdout


@pytest.mark.skipif(not systems.IS_LINUX, reason="setup.sh is for Linux")
def test_the_setup_for_gradescope_installs_the_wheel_that_lies_beside_it(container):
    bin = container / "shims"
    bin.mkdir()
    said = container / "said"
    for name in ("apt-get", "python3.11"):
        (bin / name).write_text(f'#!/bin/sh\necho {name} "$@" >>{said}\n')
        (bin / name).chmod(0o755)
    pip = container / "opt" / "ground-up" / "bin" / "pip"
    pip.write_text(f'#!/bin/sh\necho pip "$@" >>{said}\n')
    pip.chmod(0o755)
    (container / "autograder" / "source" / WHEEL).touch()
    script = in_place("setup.sh", container)
    subprocess.run(["bash", "-c", script], env=environment(bin), check=True)
    lines = said.read_text().splitlines()
    assert lines[0].startswith("apt-get update") and "bubblewrap" in lines[1]
    assert lines[-2:] == [
        f"python3.11 -m venv {container}/opt/ground-up",
        f"pip install --quiet ./{WHEEL}[class]",
    ]


def workflow():
    yaml = pytest.importorskip("yaml")
    return yaml.safe_load((RECIPES / "github" / "marks.yml").read_text(encoding="utf-8"))


@needs_a_sandbox
def test_the_workflow_marks_and_tells_github(tmp_path):
    told = workflow()
    bin = commands(tmp_path / "bin")
    for name in ("sudo", "pip"):
        (bin / name).write_text(f'#!/bin/sh\necho {name} "$@" >>{tmp_path}/said\n')
        (bin / name).chmod(0o755)
    steps = told["jobs"]["marks"]["steps"]
    (checkout,) = (s["with"] for s in steps if s.get("uses", "").startswith("actions/checkout@"))
    exercises = tmp_path / checkout["path"] / "exercises"
    exercises.mkdir(parents=True)
    source = CHAPTER.source.replace("return e / ", "return e * ")
    assert source != CHAPTER.source
    (exercises / "logistic_regression.py").write_text(source, encoding="utf-8")
    summary = tmp_path / "summary.md"
    github = {"GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": str(summary)}
    said = ""
    for step in steps:
        if "run" in step:
            run = subprocess.run(
                ["bash", "-eo", "pipefail", "-c", step["run"]],
                cwd=tmp_path,
                env=environment(bin, **github, **told["env"]),
                capture_output=True,
                text=True,
                encoding="utf-8",
                timeout=120,
            )
            assert run.returncode == 0, run.stderr
            said += run.stdout
    assert f"pip install --quiet ground-up[class] @ {told['env']['BOOK']}" in (
        (tmp_path / "said").read_text().splitlines()
    )
    assert "::error file=exercises/logistic_regression.py,line=" in said
    assert "| softmax | wrong | 0 of 2 |" in summary.read_text(encoding="utf-8")


@pytest.mark.parametrize("tool", ["check-jsonschema", "zizmor"])
def test_the_workflow_is_one_and_gives_nothing_away(tool):
    program = Path(sys.executable).with_name(tool)
    if not program.exists():
        pytest.skip(f"could not import {tool}")
    words = {
        "check-jsonschema": ["--builtin-schema", "vendor.github-workflows"],
        "zizmor": ["--offline", "--quiet", "--config", str(ROOT / ".github" / "zizmor.yml")],
    }[tool]
    command = [program, *words, RECIPES / "github" / "marks.yml"]
    run = subprocess.run(command, capture_output=True, text=True)
    assert run.returncode == 0, run.stdout + run.stderr


def test_the_page_shows_the_recipes_as_they_are():
    pytest.importorskip("mkdocs")
    from press.teachers import recipe

    for name in ("gradescope/setup.sh", "gradescope/run_autograder", "github/marks.yml"):
        assert (RECIPES / name).read_text(encoding="utf-8") in recipe(name)


# ---------------------------------------------------------------- a million


def test_what_a_million_needs_follows_from_what_was_measured(monkeypatch, tmp_path):
    from press import teachers

    kept = {
        "chapter": "logistic_regression",
        "submissions": 10_000,
        "cpu_ms": 72.0,
        "own_ms": 12.0,
        "report_ms": 2.5,
        "teacher_ms": 3.0,
        "worker_mb": 125,
        "teacher_mb": 80,
        "store_bytes": 8_000,
        "report_bytes": 20_000,
        "sent_bytes": 15_000,
        "returned_bytes": 3_000,
        "own_ms_by_size": {"100": 12.1, "10000": 12.0},
    }
    monkeypatch.setattr(teachers, "KEPT", tmp_path / "class.json")
    teachers.KEPT.write_text(json.dumps(kept))
    rows = dict(row.strip("| ").split(" | ") for row in teachers.million().splitlines())
    assert rows == {
        "a million submissions": "needed",
        "---": "---:",
        "marked by one core in an hour": "50,000",  # 3600 s / 72 ms
        "hours of one core": "20",  # 1 000 000 / 50 000
        "hours of one machine with 16 cores": "1.2",
        "such machines, for one night of 10 hours": "1",
        "memory of each": "2.0 GB",  # 16 of 125 MB
        "the runs' files": "8.0 GB",
        "gradebooks and pages": "20.0 GB",
        "over the network": "18.0 GB",
        "the same in a night": "4.0 Mbit a second",  # 18 GB * 8 / 36 000 s
        "cores that one run keeps busy, at most": "24",  # 72 / 3
    }
    assert "| the same in classes of different size | 100: 12.1 ms; 10,000: 12.0 ms |" in (
        teachers.measured()
    )


def test_the_figures_that_are_kept_can_be_true():
    from press.teachers import cost

    kept = cost()
    assert 0 < kept.own_ms < kept.cpu_ms
    assert 0 < kept.report_ms <= kept.teacher_ms < kept.cpu_ms
    assert all(value > 0 for value in vars(kept).values() if isinstance(value, int | float))
    assert str(kept.submissions) in kept.own_ms_by_size


# ---------------------------------------------------------------- the pages as they are


def picture(page, url, start, height, path):
    """Take a picture of a part of a page, from an element that holds a text."""
    page.goto(url)
    box = page.locator(start).first.bounding_box()
    clip = {"x": 0, "y": max(0, box["y"] - 16), "width": 760, "height": height}
    page.screenshot(path=path, clip=clip, full_page=True)
    from PIL import Image

    Image.open(path).quantize(128, dither=Image.Dither.NONE).save(path, optimize=True)


def pictures(marks):
    """Write the pictures of the page, light and dark."""
    from playwright.sync_api import sync_playwright

    (ada,) = (marks / "feedback").glob("ada-abel-*.html")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox"]
        )
        for scheme in ("light", "dark"):
            context = browser.new_context(
                color_scheme=scheme, viewport={"width": 760, "height": 900}
            )
            page = context.new_page()
            report = (marks / "report.html").as_uri()
            picture(page, report, "text=What to explain again", 460, PAGES / f"report-{scheme}.png")
            start = "h3:has-text('fit_irls')"
            picture(page, ada.as_uri(), start, 236, PAGES / f"feedback-{scheme}.png")
        browser.close()


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        here = Machine(Path(folder))
        try:
            PAGE.write_text(filled(here.page, dict(here.screens())), encoding="utf-8")
        finally:
            here.close()
        with suppress(ImportError):
            pictures(Path(folder) / "marking" / "marks")
