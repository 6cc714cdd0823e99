"""One service for each way in, started when the first test asks for it and stopped in the end."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.clients.ways import Way, builtin, no_identity, real_keystone


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Clients take their time, and a real Keystone half a minute to start."""
    for item in items:
        if "tests/clients/" in item.path.as_posix():
            item.add_marker(pytest.mark.timeout(240))


@pytest.fixture(scope="session")
def _no_identity(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Way]:
    with no_identity(tmp_path_factory.mktemp("none")) as way:
        yield way


@pytest.fixture(scope="session")
def _builtin(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Way]:
    with builtin(tmp_path_factory.mktemp("builtin")) as way:
        yield way


@pytest.fixture(scope="session")
def _keystone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Way]:
    with real_keystone(tmp_path_factory.mktemp("keystone")) as way:
        yield way


@pytest.fixture(params=["none", "builtin", "keystone"])
def way(request: pytest.FixtureRequest) -> Way:
    """Each way in."""
    return _way(request, request.param)


@pytest.fixture(params=["builtin", "keystone"])
def password(request: pytest.FixtureRequest) -> Way:
    """Each way in by a password, for clients that insist on a Keystone."""
    return _way(request, request.param)


@pytest.fixture
def open_way(request: pytest.FixtureRequest) -> Way:
    """The way in without an identity."""
    return _way(request, "none")


@pytest.fixture
def builtin_way(request: pytest.FixtureRequest) -> Way:
    """The way in by the service's own Keystone."""
    return _way(request, "builtin")


def _way(request: pytest.FixtureRequest, name: str) -> Way:
    fixture = {"none": "_no_identity", "builtin": "_builtin", "keystone": "_keystone"}[name]
    found: Way = request.getfixturevalue(fixture)
    return found
