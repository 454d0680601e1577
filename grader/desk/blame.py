"""Whose fault it is: what was checked, or the learner's own chapters underneath?

What failed is run again with the book's chapters in place of theirs: of all,
then of each, then with the book's function in place of each of theirs.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import TYPE_CHECKING

from grader.desk.own import Layer, graft, plainly
from grader.submission import Obstacle
from grader.verdict import BAD, CRASHED, DONE, TOO_SLOW, WRONG, Verdict

if TYPE_CHECKING:
    from grader.runner import Runner


class Blame:
    """Finds out whether checks fail because of what is underneath, and of what there."""

    def __init__(self, runner: Runner) -> None:
        self.runner = runner
        self.tried: dict[tuple[tuple[str, ...], ...], Runner] = {}  # by what was underneath

    def close(self) -> None:
        """End what was started."""
        for runner in self.tried.values():
            runner.close()

    def explain(self, hole: str, verdicts: list[Verdict]) -> None:
        """Say of each failed check of an exercise if the fault lies underneath."""
        seen = [(f["file"], f["function"]) for v in verdicts for f in v.frames if "file" in f]
        # elsewhere it may have been the machine that was slow
        states = BAD if seen else (WRONG, CRASHED)
        failed = {verdict.check for verdict in verdicts if verdict.state in states}
        cured = self.passing(hole, failed, []) if failed else set()
        if not cured:
            return
        is_slow = any(v.state == TOO_SLOW for v in verdicts if v.check in cured)
        guilty, sentence = self.fault(
            "passes", lambda way: cured <= self.passing(hole, cured, way), seen, is_slow
        )
        for verdict in verdicts:
            if verdict.check in cured:
                verdict.diagnosis, verdict.blames = [], [layer.label for layer in guilty]
                verdict.notes = [] if verdict.error or verdict.wanted else verdict.notes[:1]
                verdict.notes += [sentence] if sentence else []
                sentence = ""  # once is enough

    def explain_obstacle(self, obstacle: Obstacle) -> None:
        """Say of a file that cannot be loaded if the fault lies underneath."""
        if self.loads([]):
            guilty, sentence = self.fault("loads", self.loads)
            obstacle.sentence += f" {sentence}"
            obstacle.next_step = (
                f"mend {guilty[0].label}, then grader check {guilty[0].chapter.name}"
            )

    def fault(
        self,
        verb: str,
        cures: Callable[[list[Layer]], bool],
        seen: Collection[tuple[str, str]] = (),
        is_slow: bool = False,
    ) -> tuple[list[Layer], str]:
        """Return which layers are at fault, and a sentence that says so.

        `cures` says whether things go well with other layers underneath. What
        was `seen` to fail, (file, function), is tried first; where each try
        may run to its limit, of the functions nothing else is.
        """
        guilty, place = self.runner.beneath, ""
        for one in sorted(guilty, key=lambda one: all(one.label != file for file, _ in seen)):
            if len(guilty) == 1 or cures([other for other in guilty if other is not one]):
                names = [name for file, name in seen if (file, name) == (one.label, name)]
                suspects = [n for n in one.yours if n in names or not is_slow]
                suspects.sort(key=lambda name: name not in names)
                guilty, place = [one], self.place(one, suspects, cures)
                break
        books, files = (
            " and ".join(names)
            for names in zip(*((layer.chapter.slug, layer.label) for layer in guilty), strict=True)
        )
        return guilty, f"It {verb} on the book's {books}: the fault is in your {files}{place}."

    def place(self, one: Layer, suspects: list[str], cures: Callable[[list[Layer]], bool]) -> str:
        """Return which exercise of a layer is at fault, in words; nothing if no single one is."""
        for exercise in suspects:
            made = graft(one.chapter, one.file, [name for name in one.yours if name != exercise])
            if made and cures([made if o is one else o for o in self.runner.beneath]):
                return f", in {exercise}, though that passes its own checks"
        return ""

    def passing(self, hole: str, checks: Collection[str], way: list[Layer]) -> set[str]:
        """Return which of some checks of an exercise pass with other layers underneath."""
        try:
            found = plainly(self.on(way), hole, checks)
        except Obstacle:
            return set()
        return {verdict.check for verdict in found if verdict.state == DONE}

    def loads(self, way: list[Layer]) -> bool:
        """Return whether the exercise can be loaded with other layers underneath."""
        try:
            self.on(way).outcomes("", [])
        except Obstacle:
            return False
        return True

    def on(self, way: list[Layer]) -> Runner:
        """Return a runner with other layers underneath, begun."""
        key = tuple((layer.chapter.slug, *layer.yours) for layer in way)
        if key not in self.tried:
            self.tried[key] = self.runner.on(way)
        return self.tried[key]
