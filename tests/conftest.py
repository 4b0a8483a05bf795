"""What a skip means: on a developer's machine one line that says what to install, in CI a failure.

And what a path means that is none: with tests in several processes pytest would say no more than that none ran.
"""

import os
from collections.abc import Generator

import pytest


def pytest_configure(config: pytest.Config) -> None:
    here = config.invocation_params.dir
    if missing := [given for given in config.args if not (here / given.partition("::")[0]).exists()]:
        raise pytest.UsageError(f"there is no {', '.join(missing)}")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if report.skipped and _everything_must_run() and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"skipped in CI, where everything must run: {call.excinfo and call.excinfo.value}"
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """A whole file may be skipped too, before any of its tests is known."""
    report = yield
    if report.skipped and _everything_must_run():
        report.outcome = "failed"
        report.longrepr = f"skipped in CI, where everything must run: {report.longrepr}"
    return report


def _everything_must_run() -> bool:
    return os.environ.get("CI") == "true"
