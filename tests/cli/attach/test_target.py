from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import pytest

from consolesvc.cli.attach.target import Given, Named, where, with_query
from consolesvc.cli.client import Client
from consolesvc.errors import ClientError
from tests.cli.service import Running, service

URL = "ws://lab:6083/?token=t&replay=0"


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with service(tmp_path_factory.mktemp("lab"), "node1: echo", "node2: echo") as running:
        yield running


def test_a_url_is_taken_as_it_is() -> None:
    """There is no other token to be had."""
    given = Given(URL)
    assert (given.url(), given.name, given.renews) == (URL, "the console", False)
    with pytest.raises(ClientError, match="expected ws://HOST:PORT or wss://HOST:PORT or http://HOST:PORT or https:"):
        Given("ftp://lab/?token=secret")


def test_a_pages_address_is_a_consoles() -> None:
    """It is what a browser shows, and what people send each other."""
    assert Given("http://lab:6083/?token=t&replay=0").url() == URL
    assert Given("HTTPS://[::1]/c/?token=http:t#top").url() == "wss://[::1]/c/?token=http:t#top"


@pytest.mark.parametrize("view", [False, True])
def test_a_name_gives_a_fresh_url_each_time(lab: Running, view: bool) -> None:
    """Also for who only looks; the beginning of the name becomes the name."""
    named = Named(partial(Client, lab.api, {}), "node2"[:5], view=view)
    urls = {named.url(), named.url()}
    assert len(urls) == 2
    assert {url.partition("?token=")[0] for url in urls} == {lab.proxy}
    assert (named.name, named.renews) == ("node2", True)


@pytest.mark.parametrize("view", [False, True])
def test_a_name_that_is_none(lab: Running, view: bool) -> None:
    """Not found, for now: it may come."""
    with pytest.raises(ClientError, match="is no console here") as caught:
        Named(partial(Client, lab.api, {}), "node3", view=view).url()
    assert (caught.value.exit_code, caught.value.passing) == (3, True)
    with pytest.raises(ClientError, match="is the beginning of several names") as caught:
        Named(partial(Client, lab.api, {}), "node", view=view).url()
    assert not caught.value.passing


@pytest.mark.parametrize(
    ("url", "members", "without", "expected"),
    [
        (URL, {"since": "-5"}, ("replay",), "ws://lab:6083/?token=t&since=-5"),
        (URL, {"replay": "64"}, (), "ws://lab:6083/?token=t&replay=64"),
        (URL, {}, (), URL),
        ("ws://lab:6083/a%20b?x=%2F&token=t#top", {"s": "a b&c"}, (), "ws://lab:6083/a%20b?x=%2F&token=t&s=a+b%26c"),
        ("ws://lab:6083", {"resume": "r"}, ("token",), "ws://lab:6083?resume=r"),
        ("ws://lab:6083/?token=t", {}, ("token",), "ws://lab:6083/"),
    ],
)
def test_the_query_is_changed_and_nothing_else(
    url: str, members: dict[str, str], without: tuple[str, ...], expected: str
) -> None:
    """What we do not know stays byte for byte: it may be signed."""
    assert with_query(url, members, without=without) == expected


def test_what_may_be_shown_of_a_url() -> None:
    """Neither the token nor the path, which may hold one."""
    assert where("wss://[::1]:6083/secret?token=secret") == "wss://[::1]:6083"
