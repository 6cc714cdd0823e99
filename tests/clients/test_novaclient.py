"""python-novaclient: the nova command, which insists on a Keystone, and the library as Horizon uses it."""

from __future__ import annotations

import pytest

from tests.clients.consoles import answers
from tests.clients.ways import NOVA, OPENSTACK, Way

PYTHON = NOVA.with_name("python")


@pytest.mark.parametrize("version", ["", "2.1", "2.5", "2.6"], ids=["newest", "2.1", "2.5", "2.6"])
def test_a_console_url(password: Way, version: str) -> None:
    """By its newest microversion, and by the legacy header alone, which it sends below 2.27."""
    asked = ("--os-compute-api-version", version) if version else ()
    answers(password.url(NOVA, *asked, "get-serial-console", "echo1"))


def test_the_console_log(password: Way) -> None:
    """It sends the length as text."""
    lines = password.run(NOVA, "console-log", "--length", "5", "talker").stdout.rstrip("\n").split("\n")
    assert [line.split()[0] for line in lines] == ["talker"] * 5


def test_servers(password: Way) -> None:
    """`list`, and `show`, which looks up flavors and images that there are none of."""
    assert "echo1" in password.run(NOVA, "list").stdout
    shown = password.run(NOVA, "show", "echo1").stdout
    assert "ACTIVE" in shown


def test_power(builtin_way: Way) -> None:
    """`reboot --poll` sees the reboot's end."""
    builtin_way.run(NOVA, "reboot", "--hard", "--poll", "echo1")
    answers(builtin_way.url(NOVA, "get-serial-console", "echo1"))


def test_by_a_token(password: Way) -> None:
    """A bare endpoint and a token: it asks Keystone for what it needs with the method `token`."""
    issued = password.run(OPENSTACK, "token", "issue", "-f", "value", "-c", "id", "-c", "project_id").stdout.split()
    token, project = sorted(issued, key=len, reverse=True)
    bare = dict.fromkeys(password.settings, "")
    found = password.run(
        NOVA,
        *("--os-token", token, "--os-endpoint-override", password.endpoint, "--os-project-id", project),
        *("--os-auth-url", password.keystone, "get-serial-console", "echo1"),
        settings=bare,
    ).stdout
    start = found.index(password.running.proxy_url)
    answers(password.running.keep(found[start:].split()[0]))


def test_as_horizon_does(password: Way) -> None:
    """Its API "2" asks for no microversion, hence by the action; Horizon reads `console.url`."""
    text = """
import json, os
from keystoneauth1 import session
from keystoneauth1.identity import v3
from novaclient import client
auth = v3.Password(**{name: os.environ["OS_" + name.upper()] for name in (
    "auth_url", "username", "password", "project_name", "user_domain_name", "project_domain_name")})
nova = client.Client("2", session=session.Session(auth))
(server,) = nova.servers.list(search_opts={"name": "^echo1$"})
print(json.dumps([server.get_serial_console("serial"), server.get_console_output()]))
"""
    found = password.script(PYTHON, text)
    assert isinstance(found, list)
    assert set(found[0]) == {"console"}
    assert found[0]["console"]["type"] == "serial"
    answers(password.running.keep(found[0]["console"]["url"]))
