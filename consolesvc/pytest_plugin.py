"""Fixtures for whoever tests against serial consoles; in every pytest, once consolesvc is installed.

    def test_the_shell(consolesvc_cloud):
        console = consolesvc_cloud.fake("linux")
        console.wait("login: $", since=0)

It costs nothing where it is not used: what it needs is imported by the fixtures. `-p no:consolesvc` leaves it out.
"""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from consolesvc.client import Console
    from consolesvc.fakecloud import FakeCloud

FACTORY = "consolesvc_cloud_factory"
CLOUDS: list[FakeCloud] = []
"""The clouds of this session."""


@pytest.fixture(scope="session")
def consolesvc_cloud_factory(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., FakeCloud]]:
    """Makes clouds that live as long as the session: `consolesvc_cloud_factory(*words, config=None, token=None)`.

    See `consolesvc.fakecloud.fake_cloud` for what it takes.
    """
    from consolesvc.fakecloud import fake_cloud  # noqa: PLC0415 - see the module's docstring

    with contextlib.ExitStack() as stack:

        def make(*words: str, **options: Any) -> FakeCloud:
            cloud = stack.enter_context(fake_cloud(tmp_path_factory.mktemp("consolesvc"), *words, **options))
            CLOUDS.append(cloud)
            return cloud

        yield make
    CLOUDS.clear()


@pytest.fixture(scope="session")
def _consolesvc_clouds() -> list[FakeCloud]:
    """The cloud that tests share, the last one; another where a test has ended it."""
    return []


@pytest.fixture
def consolesvc_cloud(
    consolesvc_cloud_factory: Callable[..., FakeCloud], _consolesvc_clouds: list[FakeCloud]
) -> Iterator[FakeCloud]:
    """A cloud of fake servers on free ports; `consolesvc_cloud.fake("linux")` gives the console of a new one.

    All tests of a process share one service; the fakes that a test makes end with the test.
    """
    if not _consolesvc_clouds or not _consolesvc_clouds[-1].running:
        _consolesvc_clouds.append(consolesvc_cloud_factory())
    cloud = _consolesvc_clouds[-1]
    before = {console.id for console in cloud.consoles()}
    yield cloud
    made: list[Console] = [] if not cloud.running else cloud.consoles()
    for console in made:
        if console.id not in before:
            cloud.remove(console)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    """Show what consoles last said, where a test fails that has some."""
    outcome: Any = yield
    if FACTORY not in getattr(item, "fixturenames", ()) or "consolesvc.fakecloud" not in sys.modules:
        return
    report: pytest.TestReport = outcome.get_result()
    if report.failed and report.when != "teardown":
        for cloud in CLOUDS:
            report.sections.extend(cloud.tails())
