"""One fixture for all: `chapter` runs a test once for each chapter of the book."""

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # before NumPy: two threads are slower

import pytest

from grader.book import chapters


def pytest_generate_tests(metafunc):
    marks = metafunc.definition.iter_markers("parametrize")
    if "chapter" in metafunc.fixturenames and not any("chapter" in m.args[0] for m in marks):
        metafunc.parametrize("chapter", chapters(), ids=lambda chapter: chapter.slug)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    """In CI nothing may be skipped: what was skipped was not tested."""
    report = yield
    if report.skipped and os.environ.get("CI") and os.environ.get("GRADER_ALL_TESTS"):
        report.outcome = "failed"
        report.longrepr = f"skipped in CI: {report.longrepr}"
    return report
