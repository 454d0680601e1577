"""A class that is killed with -9, whole, at random moments: is every verdict there once, and right?

    python tests/class_killed.py [LEARNERS [KILLS]]

An invented class is marked twice from one seed: once undisturbed, once with every process
of the run killed again and again, and resumed. The marks must be equal, each learner must
have one verdict, and nothing may be left. The suite does it with a small class.
"""

import random
import sys
import tempfile
import time
from pathlib import Path

import class_tools
from class_tools import WORDS, all_end, groups_of, kill_all, records, run

START = 1.0  # seconds until the first verdict, about


def killed(folder, out, wanted, kills, seconds):
    """Kill a run again and again, let it end, and tell how it went.

    Parameters
    ----------
    folder : path
        With what the class handed in.
    out : str
        A run in it that has begun, from the seed of what is wanted.
    wanted : dict
        The records of an undisturbed run.
    kills : int
    seconds : float
        That the undisturbed run took.
    """
    rng, gone, slowest, before = random.Random(1), [], 0.0, 0
    for number in range(1, kills + 1):
        process = class_tools.begin(folder, "mark", "in", *WORDS, "--out", out)
        moment = rng.uniform(0, START + 2 * seconds / kills)
        time.sleep(moment)
        every = kill_all(process)
        began = time.monotonic()
        assert all_end(every), "something lives on"
        slowest = max(slowest, time.monotonic() - began)
        gone += every
        kept = records(Path(folder, out))
        assert before <= len(kept)
        different = {key: (wanted[key], kept[key]) for key in kept if kept[key] != wanted[key]}
        assert not different, different
        before = len(kept)
        yield f"kill {number} after {moment:.2f} s: {len(every)} processes, {before} kept"
    code, _, err = run(folder, "mark", "in", *WORDS, "--out", out)
    assert (code, err) == (0, ""), err
    assert records(Path(folder, out)) == wanted
    left = groups_of(gone)
    assert not left, left
    yield f"one verdict for each of {len(wanted)}, and the marks are equal; nothing is left, and"
    yield f"all processes had gone {slowest * 1000:.0f} ms after a kill"


def main(learners=1000, kills=20):
    with tempfile.TemporaryDirectory() as folder:
        class_tools.hand_in(folder, learners)
        class_tools.begun(folder, "undisturbed", "killed")
        began = time.monotonic()
        code, _, err = run(folder, "mark", "in", *WORDS, "--out", "undisturbed")
        seconds = time.monotonic() - began
        assert (code, err) == (0, ""), err
        wanted = records(Path(folder, "undisturbed"))
        assert len(wanted) == learners
        print(f"{learners} submissions, undisturbed: {seconds:.1f} s")
        for line in killed(folder, "killed", wanted, kills, seconds - START):
            print(line, flush=True)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
