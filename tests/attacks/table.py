"""The attacks as a table for the security page: what stops each, and what it gets elsewhere.

`python tests/attacks/table.py` writes it between two comments of the page;
`python tests/attacks/table.py measure` first runs an ordinary autograder on
each attack that does no harm, and keeps what it gave in plain.json.
"""

import json
import os
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as Tree
from importlib import import_module
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
sys.path[:0] = [str(ROOT), str(HERE.parent)]

from attacks.room import Attack
from subjects import CHAPTER

from grader import stub

MODULES = {
    "reading": "What reads",
    "forging": "What forges",
    "resources": "What uses up, breaks or leaves",
    "lingering": "What never ends",
    "escaping": "What tries to get out",
    "class": "What comes in an archive",
}
KEPT = HERE / "plain.json"
PAGE = ROOT / "press" / "pages" / "security.md"
BEGIN, END = "<!-- attacks -->\n", "<!-- /attacks -->"
HEAD = ["| a file that | what stops it | here | plain pytest |", "| --- | --- | --- | --- |"]
HANGS = "hangs"
PATIENCE = 10  # seconds; an ordinary one has none of its own
HOLES = {hole.name: hole.points for hole in stub.holes(CHAPTER.source)}
OF = sum(HOLES.values())


def attacks() -> dict[str, dict[str, Attack]]:
    """Return every attack by its module and its name."""
    return {name: import_module(f"attacks.test_{name}").ATTACKS for name in MODULES}


def measured(source: str) -> str:
    """Return what an ordinary autograder gives for a submission.

    It believes pytest: the exit code 0 says that all is right, else the
    tests that passed in its report count.
    """
    with tempfile.TemporaryDirectory(prefix="ordinary-") as folder:
        shutil.copytree(ROOT / "solutions", f"{folder}/solutions")
        shutil.copy(HERE / "ordinary.py", folder)
        Path(folder, f"{CHAPTER.slug}.py").write_text(source, encoding="utf-8")
        words = ["-q", "-p", "no:cacheprovider", "-c", os.devnull, "--rootdir", "."]
        with subprocess.Popen(
            [sys.executable, "-m", "pytest", *words, "--junitxml=report.xml", "ordinary.py"],
            cwd=folder,
            env={"PATH": os.environ["PATH"], "HOME": folder, "TMPDIR": folder},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            preexec_fn=bounded,
            start_new_session=True,
        ) as process:
            try:
                code = process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                return HANGS
        if code == 0:
            return f"{OF} of {OF}"
        return f"{points(Path(folder, 'report.xml'))} of {OF}"


def bounded() -> None:
    """Keep what is tried from harming this machine; an ordinary grader does not."""
    resource.setrlimit(resource.RLIMIT_AS, (4 << 30, 4 << 30))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 24, 1 << 24))


def points(report: Path) -> int:
    """Return the points of the tests that a report says have passed."""
    try:
        cases = Tree.parse(report).iter("testcase")
    except (OSError, Tree.ParseError):
        return 0
    passed = [case.get("name", "") for case in cases if not len(case)]
    names = [name.removeprefix("test_").replace("__", ".") for name in passed]
    return sum(HOLES.get(name, 0) for name in names)


def measure() -> None:
    """Keep what an ordinary autograder gives for each attack that is tried there."""
    found = {}
    for every in attacks().values():
        for name, attack in every.items():
            if not attack.plain:
                found[name] = measured(attack.source)
                print(f"{found[name]:>10}  {name}", flush=True)
    KEPT.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def kept() -> dict[str, str]:
    """Return what was measured."""
    found: dict[str, str] = json.loads(KEPT.read_text(encoding="utf-8"))
    return found


def table() -> str:
    """Return the attacks as Markdown."""
    plain = kept()
    told, full = list(plain.values()), f"{OF} of {OF}"
    lines = [
        f"They are {sum(map(len, attacks().values()))}.",
        f"An ordinary autograder, with its asserts beside the code, gives {full} points to "
        f"{told.count(full)} of the {len(told)} that were tried on it; {told.count(HANGS)} "
        "hang it.",
    ]
    for module, every in attacks().items():
        lines += ["", f"**{MODULES[module]}**", "", *HEAD]
        before = ""
        for name, attack in every.items():
            stopped = "the same" if attack.stopped == before else attack.stopped
            before = attack.stopped
            here = "its own points" if attack.honest else "0"
            there = plain.get(name, attack.plain)
            lines.append(f"| {name} | {stopped} | {here} | {there} |")
    return "\n".join(lines).strip() + "\n"


def write() -> None:
    """Put the table into the page, where its place is marked."""
    text = PAGE.read_text(encoding="utf-8")
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise SystemExit(f"{PAGE} has no place for the table: {BEGIN.strip()} … {END}")
    PAGE.write_text(f"{before}{BEGIN}{table()}{END}{after}", encoding="utf-8")


if __name__ == "__main__":
    if sys.argv[1:] == ["measure"]:
        measure()
    write()
