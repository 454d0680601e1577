"""A small class whose records are of real marking, with hostile texts put into them."""

import copy
from functools import cache

from book_tools import reference_of, submission, verdicts_on

from grader import book, stub
from grader.classroom.people import Learner
from grader.classroom.tally import Marked
from grader.submission import Obstacle
from grader.verdict import state_of

CHAPTER = book.find_chapter("logistic_regression")
HOLES = stub.holes(CHAPTER.source)
OF = sum(hole.points for hole in HOLES)
FORMULAS = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", " =1", "a;=1", "＝1", 'a",=1', "a\n=1"]
HOSTILE = "<script>alert(1)</script> & ]]> \x1b[31m \x00\x0b\ufffe \u202eback\u202c | ``` \ud800"
HEADER = {
    "chapters": [CHAPTER.slug],
    "begun": "2026-03-02T09:30:00+00:00",
    "run": "monday",
    "seed_kept": True,
    "grader": "0.1.0",
    "unsafe": False,
    "sandbox": "bubblewrap + landlock",
    "notes": [],
    "similar": [],
}


def record_of(source, **changes):
    """Return the record of a source, marked here."""
    record = {
        "version": 1,
        "chapter": CHAPTER.slug,
        "number": CHAPTER.number,
        "points": 0,
        "of": OF,
        "obstacle": None,
        "problem": "",
        "exercises": [],
        "sandbox": "bubblewrap + landlock",
        "seconds": 0.25,
        "cpu": 0.125,
        "memory": 50 << 20,
        "same_as": "",
    }
    found = {}
    try:
        submission(CHAPTER, source)
        found = verdicts_on(CHAPTER, source, reference=reference_of(CHAPTER))
    except Obstacle as obstacle:
        record["obstacle"] = dict(vars(obstacle))
    for hole in HOLES:
        verdicts = found.get(hole.name, [])
        state = state_of(verdicts)
        record["exercises"].append(
            {
                "name": hole.name,
                "level": hole.level,
                "state": state,
                "line": hole.start,
                "points": hole.points if state == "done" else 0,
                "of": hole.points,
                "checks": [verdict.as_dict() for verdict in verdicts],
            }
        )
    record["points"] = sum(exercise["points"] for exercise in record["exercises"])
    return record | changes


@cache
def kept(kind):
    """Return one of the records, marked once."""
    if kind == "right":
        return record_of(CHAPTER.source)
    if kind == "empty":
        return record_of(stub.derive(CHAPTER.source))
    if kind == "broken":
        return record_of(CHAPTER.source.replace("def sigmoid", "def (sigmoid", 1))
    if kind == "missing":
        return kept("empty") | {"problem": "Nothing was handed in.", "sandbox": ""}
    reference = reference_of(CHAPTER)
    mistake = next(m for m in reference.mistakes if m.in_ == "sigmoid")
    return record_of(reference.mutant(mistake))


def record(kind, **changes):
    """Return a record of one's own: right, empty, broken, missing, mistaken or hostile."""
    if kind != "hostile":
        return copy.deepcopy(kept(kind)) | changes
    found = copy.deepcopy(kept("mistaken"))
    for exercise in found["exercises"]:
        for check in exercise["checks"]:
            if check["state"] != "done":
                frame = {
                    "line": 3,
                    "function": HOSTILE,
                    "text": HOSTILE,
                    "values": [["x", HOSTILE]],
                }
                check |= dict.fromkeys(("yours", "wanted", "remark", "where", "error"), HOSTILE)
                check |= {"diagnosis": [HOSTILE], "notes": [HOSTILE], "frames": [frame]}
                check |= {
                    "given": [["x", HOSTILE]],
                    "printed": (HOSTILE + "y" * 10_000 + "\n") * 50,
                }
    return found | changes


def mistake():
    """Return the mistake that the mistaken one made."""
    return next(m.why for m in reference_of(CHAPTER).mistakes if m.in_ == "sigmoid")


def some():
    """Return a class of everybody who may turn up."""
    kinds = ["right", "mistaken", "mistaken", "empty", "broken", "missing", "hostile"]
    names = ["Ada Lovelace", "Alan Turing", "Emmy Noether", "Carl Gauss", "Zoë", "محمد", HOSTILE]
    found = []
    for number, (kind, name) in enumerate(zip(kinds, names, strict=True), 101):
        learner = Learner(f"{name}_{number}", name, str(number), f"{number}@example.org")
        found.append(Marked(learner, record(kind)))
    found[2].record["same_as"] = found[1].learner.key
    return found
