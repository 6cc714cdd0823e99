"""The openstack command, newest and 5.4.0, each call of nova-contract 4, by each way in."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.clients.consoles import answers
from tests.clients.ways import OPENSTACK, OPENSTACK_5_4, Way
from tests.scenarios.process import eventually

URL = ("console", "url", "show", "--serial", "echo1", "-f", "value", "-c", "url")
CLIENTS = pytest.mark.parametrize("client", [OPENSTACK, OPENSTACK_5_4], ids=["newest", "5.4"])


@pytest.mark.parametrize(
    ("client", "version"),
    [(OPENSTACK, ""), (OPENSTACK, "2.1"), (OPENSTACK, "2.5"), (OPENSTACK, "2.6"), (OPENSTACK_5_4, "")],
    ids=["newest", "2.1", "2.5", "2.6", "5.4"],
)
def test_a_console_url(way: Way, client: Path, version: str) -> None:
    """By `remote-consoles` or by the action, as the client chooses: it leads to a machine that answers."""
    asked = ("--os-compute-api-version", version) if version else ()
    answers(way.url(client, *asked, *URL))


@CLIENTS
def test_the_console_log(way: Way, client: Path) -> None:
    """Five lines are five lines; 5.4 asks for one more, for it counts the empty end of nova's answer as one."""
    wanted = 6 if client == OPENSTACK_5_4 else 5
    lines = way.run(client, "console", "log", "show", "talker", "--lines", "5").stdout.split("\n")
    shown = [line for line in lines if line]
    assert len(shown) == wanted
    assert all(re.match(r"talker \d{8} ", line) for line in shown), shown
    numbers = [int(line.split()[1]) for line in shown]
    assert numbers == list(range(numbers[0], numbers[0] + wanted))


def test_the_list_of_servers(way: Way) -> None:
    """Every server, active, with nothing looked up elsewhere."""
    listed = json.loads(way.run(OPENSTACK, *way.words, "server", "list", "-f", "json").stdout)
    found = {server["Name"]: server["Status"] for server in listed}
    assert found["echo1"] == found["talker"] == "ACTIVE"


def test_a_server(way: Way) -> None:
    """By its name, and by its id."""
    shown = json.loads(way.run(OPENSTACK, "server", "show", "echo1", "-f", "json").stdout)
    assert (shown["name"], shown["status"], shown["OS-EXT-STS:vm_state"]) == ("echo1", "ACTIVE", "active")
    again = json.loads(way.run(OPENSTACK, "server", "show", shown["id"], "-f", "json").stdout)
    assert again["name"] == "echo1"


def test_a_name_that_is_none(way: Way) -> None:
    """The client's own sentence, and no fault of ours."""
    failed = way.run(OPENSTACK, "console", "url", "show", "--serial", "nobody", code=1)
    assert re.search(r"No [Ss]erver.*found.*nobody|nobody.*could not be found", failed.stderr), failed.stderr


def test_any_token_will_do_where_nobody_asks(open_way: Way) -> None:
    """admin_token with identity none: what the client sends is not looked at."""
    settings = {"OS_AUTH_TYPE": "admin_token", "OS_TOKEN": "whatever"}
    found = open_way.run(OPENSTACK, *URL, settings=settings).stdout
    answers(open_way.running.keep(found.strip()))


def test_a_token_from_the_catalogless_side(builtin_way: Way, tmp_path: Path) -> None:
    """admin_token by clouds.yaml, with an identity endpoint said apart: the one way in which `server list` takes it."""
    token = builtin_way.run(OPENSTACK, "token", "issue", "-f", "value", "-c", "id").stdout.strip()
    cloud = {
        "auth_type": "admin_token",
        "auth": {"endpoint": builtin_way.endpoint, "token": token},
        "identity_api_version": "3",
        "identity_endpoint_override": builtin_way.keystone,
        "compute_endpoint_override": builtin_way.endpoint,
    }
    file = tmp_path / "clouds.yaml"
    file.write_text(json.dumps({"clouds": {"lab": cloud}}))
    # What the password's settings say would be taken before the file's.
    unset = dict.fromkeys(builtin_way.settings, "")
    settings = {**unset, "OS_CLIENT_CONFIG_FILE": str(file), "OS_CLOUD": "lab"}
    listed = json.loads(builtin_way.run(OPENSTACK, "server", "list", "-f", "json", settings=settings).stdout)
    assert "echo1" in {server["Name"] for server in listed}


def test_a_reader_gets_no_console(builtin_way: Way) -> None:
    """Policy's own sentence reaches the user."""
    failed = builtin_way.run(OPENSTACK, *URL, code=1, settings={"OS_USERNAME": "looker"})
    assert "Policy doesn't allow os_compute_api:os-remote-consoles to be performed." in failed.stderr


def test_servers_by_5_4(open_way: Way) -> None:
    """Where it is given an endpoint: in a catalog it insists on glance's, list and show alike."""
    listed = json.loads(open_way.run(OPENSTACK_5_4, *open_way.words, "server", "list", "-f", "json").stdout)
    assert {"echo1", "talker"} <= {server["Name"] for server in listed}
    found = open_way.run(OPENSTACK_5_4, "server", "show", "echo1", "-f", "value", "-c", "name", "-c", "status").stdout
    assert found.split() == ["echo1", "ACTIVE"]


def test_power(builtin_way: Way) -> None:
    """A fake is stopped, started and rebooted; the client waits for what it expects, and gets it."""
    way = builtin_way
    way.run(OPENSTACK, "server", "stop", "echo1")
    eventually("SHUTOFF", lambda: status(way) == "SHUTOFF", 30)
    way.run(OPENSTACK, "server", "start", "echo1")
    eventually("ACTIVE", lambda: status(way) == "ACTIVE", 30)
    way.run(OPENSTACK, "server", "reboot", "--hard", "--wait", "echo1")
    assert status(way) == "ACTIVE"
    failed = way.run(OPENSTACK, "server", "start", "echo1", code=1)
    assert "while it is in vm_state active" in failed.stderr


def status(way: Way) -> str:
    """echo1's, as the client shows it."""
    return way.run(OPENSTACK, "server", "show", "echo1", "-f", "value", "-c", "status").stdout.strip()
