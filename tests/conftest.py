"""Fixtures for all: `chapter` runs a test once for each chapter of the book; see browsers.py."""

import os
import signal

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # before NumPy: two threads are slower

import pytest
from browsers import address, browser, offline, site, tab  # noqa: F401

from bookdata.cache import NotFetched
from grader.book import chapters

# the background of a shell script has Ctrl-C ignored, and what is begun inherits that
if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_generate_tests(metafunc):
    marks = metafunc.definition.iter_markers("parametrize")
    if "chapter" in metafunc.fixturenames and not any("chapter" in m.args[0] for m in marks):
        metafunc.parametrize("chapter", chapters(), ids=lambda chapter: chapter.slug)


def skipped_where_not_fetched(item):
    """Skip a test, with the command to type, that asks for data which is not here."""
    try:
        return (yield)
    except Exception as error:
        cause = error
        while cause is not None and not isinstance(cause, NotFetched):
            cause = cause.__cause__
        if cause is None:
            raise
        pytest.skip(str(cause))


pytest_runtest_setup = pytest.hookimpl(wrapper=True)(skipped_where_not_fetched)
pytest_runtest_call = pytest.hookimpl(wrapper=True)(skipped_where_not_fetched)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    """At the gate nothing else may be skipped: what was skipped was not tested."""
    report = yield
    allowed = os.environ.get("GRADER_MAY_SKIP")  # parts of the reasons; set by .ci/run
    if (
        report.skipped
        and allowed is not None
        and not any(part in str(report.longrepr) for part in allowed.split("|"))
    ):
        report.outcome = "failed"
        report.longrepr = f"skipped at the gate: {report.longrepr}"
    return report
