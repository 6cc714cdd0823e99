"""Binding: every way a listen address can go wrong says so."""

from __future__ import annotations

import os
import socket

import pytest

from consolesvc.config.access import Address
from consolesvc.errors import StartError
from consolesvc.listeners import bind, port_holder


def test_a_taken_port_is_said_with_who_holds_it() -> None:
    """The key, the address, and the program."""
    with socket.create_server(("127.0.0.1", 0)) as held:
        port = held.getsockname()[1]
        with pytest.raises(
            StartError, match=rf"api\.listen 127\.0\.0\.1:{port}: the port is taken by pid {os.getpid()} \("
        ):
            bind("api", Address("127.0.0.1", port))


def test_a_free_port_has_no_holder() -> None:
    """Who listens elsewhere does not count."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))  # bound, not listening
        assert port_holder(unused.getsockname()[1]) is None


def test_one_free_port_for_all_addresses_of_a_name() -> None:
    """`localhost` may be two addresses: they share the port that was found."""
    sockets = bind("api", Address("localhost", 0))
    assert len({sock.getsockname()[1] for sock in sockets}) == 1
    for sock in sockets:
        sock.close()


@pytest.mark.skipif(not socket.has_ipv6, reason="this host has no IPv6")
def test_the_ipv6_wildcard_takes_ipv4_as_well() -> None:
    """`[::]` means every address."""
    (sock,) = bind("api", Address("::", 0))
    with socket.create_connection(("127.0.0.1", sock.getsockname()[1])):
        sock.close()


@pytest.mark.parametrize("host", ["no-such-host.invalid", "203.0.113.1"])
def test_an_address_that_is_not_ours(host: str) -> None:
    """An unknown name, or another host's address: said with the key."""
    with pytest.raises(StartError, match=rf"proxy\.listen {host}:1234: "):
        bind("proxy", Address(host, 1234))
