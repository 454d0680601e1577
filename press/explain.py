"""Print the explain tasks of a chapter where its prose has the line `<<explain>>`."""

from __future__ import annotations

import re

from grader.book import Chapter
from grader.desk.task import Task, tasks
from grader.problems import Misuse

SPECIAL = re.compile(r"[*_`\[\]]")  # a cause is no Markdown
ORDER = re.compile(r"^<<explain>>$", re.M)
ABOVE = """\
### Explain what is wrong

Each function below has one wrong line.
Which is it, why, and what has to go in so that it matters?
The command writes `explain/{slug}.toml`, where you answer; typed again, it marks what you wrote.

```console
grader explain {name}
```
"""


def explained(chapter: Chapter) -> str:
    """Return the tasks as Markdown, or raise a Problem where there are none."""
    every = tasks(chapter)
    if not every:
        raise Misuse(f"grader/checks/{chapter.slug}.py has no EXPLAIN to print here")
    above = ABOVE.format(slug=chapter.slug, name=chapter.name)
    return "\n".join([above, *map(printed, every)]).rstrip()


def printed(task: Task) -> str:
    """Return one task: the listing, the causes, what a witness is."""
    listing = "\n".join(f"{i:2}  {line}".rstrip() for i, line in enumerate(task.listing, 1))
    causes = [f"{k}) " + SPECIAL.sub(r"\\\g<0>", cause) for k, cause in task.causes.items()]
    agreed = ", ".join(f"`{name} = {value}`" for name, value in task.explain.example.items())
    return (
        f"#### {task.name}: one line of `{task.hole}` is wrong\n\n"
        f"```python .noeval\n{listing}\n```\n\n"
        + "  \n".join(["This is how it looks when", *causes])
        + f"\n\n{task.explain.takes}\nFor {agreed} the right version and this one agree.\n"
    )
