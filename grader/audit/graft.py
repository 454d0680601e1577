"""Put another solution into an exercise: one that was written to prove the checks fair."""

from __future__ import annotations

import ast

from grader import stub


def graft(exercise: str, other: str) -> str:
    """Put the functions of another way in the place of the exercise's own.

    Helpers and imports that the exercise does not have go to its top; what a
    class of the other way does not define stays as it is.
    """
    into, lines = stub.definitions(stub.tree(exercise)), stub.lines_of(exercise)
    other_tree, other_lines = stub.tree(other), stub.lines_of(other)
    edits: list[tuple[int, int, list[str]]] = []
    helpers: list[str] = []
    theirs = stub.definitions(other_tree)
    for name, node in theirs.items():
        owner = theirs.get(name.rpartition(".")[0])
        if isinstance(node, ast.ClassDef) or isinstance(owner, stub.Function):
            continue  # what stands within a function comes along with it
        code = other_lines[stub.first_line(node) - 1 : node.end_lineno]
        if name in into:
            target = into[name]
            edits.append((stub.first_line(target) - 1, target.end_lineno or 0, code))
        else:
            helpers += [*code, "\n\n"]
    imports = [
        "".join(other_lines[node.lineno - 1 : node.end_lineno])
        for node in other_tree.body
        if isinstance(node, ast.Import)
    ]
    first = min(stub.first_line(node) for node in into.values()) - 1
    edits.append((first, first, imports + helpers))
    for start, end, code in sorted(edits, key=lambda edit: edit[0], reverse=True):
        lines[start:end] = code
    return "".join(lines)
