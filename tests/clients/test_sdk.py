"""openstacksdk: the calls of nova-contract 4, and a server's whole life."""

from __future__ import annotations

import pytest

from tests.clients.consoles import answers
from tests.clients.ways import OPENSTACK, OPENSTACK_5_4, Way

PYTHON = OPENSTACK.with_name("python")

CONNECT = "import json, sys, openstack\ncloud = openstack.connect()\ncompute = cloud.compute\n"
CONSOLE = """
server = compute.find_server("echo1", ignore_missing=False)
print(json.dumps(compute.create_console(server, console_type="serial")))
"""


def test_a_console(way: Way) -> None:
    """`create_console`: type and URL, which leads to a machine that answers."""
    found = way.script(PYTHON, CONNECT + CONSOLE)
    assert isinstance(found, dict)
    assert found["type"] == "serial"
    answers(way.running.keep(found["url"]))


def test_the_output(way: Way) -> None:
    """`get_server_console_output`: two lines are two."""
    text = """
server = compute.find_server("talker", ignore_missing=False)
print(json.dumps(compute.get_server_console_output(server, length=2)))
"""
    found = way.script(PYTHON, CONNECT + text)
    assert isinstance(found, dict)
    assert [line.split()[0] for line in found["output"].split("\n")] == ["talker", "talker"]


@pytest.mark.parametrize(
    "connect",
    [
        'auth_type="none", auth={"endpoint": sys.argv[1] + "/v2.1"}',
        'auth_type="none", auth={"endpoint": sys.argv[1] + "/v2.1/"}',
        'auth_type="none", auth={"endpoint": sys.argv[1]}',
        'auth_type="none", auth={}, compute_endpoint_override=sys.argv[1] + "/v2.1"',
        'auth_type="admin_token", auth={"endpoint": sys.argv[1] + "/v2.1", "token": "x"}',
    ],
)
def test_ways_to_say_where_it_is(open_way: Way, connect: str) -> None:
    """With or without the version, by an endpoint or by an override: discovery leads on."""
    start = f"import json, sys, openstack\ncloud = openstack.connect({connect})\ncompute = cloud.compute\n"
    found = open_way.script(PYTHON, start + CONSOLE, open_way.running.api_url)
    assert isinstance(found, dict)
    answers(open_way.running.keep(found["url"]))


def test_a_life(way: Way) -> None:
    """Made, waited for, stopped, started, rebooted, deleted: each state comes that the library waits for."""
    text = """
server = compute.create_server(name="life/../of", image_id="echo", flavor_id="1", networks="none")
states = []
def until(status):
    global server
    server = compute.wait_for_server(server, status=status, interval=0.1, wait=20)
    states.append(server.status)
until("ACTIVE")
url = compute.create_console(server, console_type="serial")["url"]
compute.stop_server(server); until("SHUTOFF")
compute.start_server(server); until("ACTIVE")
compute.reboot_server(server, "HARD"); until("ACTIVE")
compute.delete_server(server)
compute.wait_for_delete(server, interval=0.1, wait=20)
states.append(compute.find_server(server.id))
print(json.dumps([url, *states]))
"""
    found = way.script(PYTHON, CONNECT + text)
    assert isinstance(found, list)
    url, *states = found
    way.running.keep(url)
    assert states == ["ACTIVE", "SHUTOFF", "ACTIVE", "ACTIVE", None]


def test_faults_by_their_classes(open_way: Way) -> None:
    """What the library makes of our answers: a fake that is told to be busy provokes each."""
    text = """
import urllib.request
from openstack import exceptions
server = compute.create_server(name="busy", image_id="echo", flavor_id="1", networks="none",
                               metadata={"consolesvc:vm_state": "building"})
def tell(**told):
    request = urllib.request.Request(f"{sys.argv[1]}/console/v1/servers/{server.id}/state",
                                     json.dumps(told).encode(), {"Content-Type": "application/json"})
    urllib.request.urlopen(request).read()
def seen():
    try:
        compute.create_console(server, console_type="serial")
    except exceptions.HttpException as error:
        return [type(error).__name__, error.status_code, error.details]
found = [seen()]
tell(vm_state="active", task_state="deleting"); found.append(seen())
tell(task_state=None, console=False); found.append(seen())
tell(console=True); found.append(seen())
compute.delete_server(server)
found.append(seen())
print(json.dumps([server.id, *found]))
"""
    found = open_way.script(PYTHON, CONNECT + text, open_way.running.api_url)
    assert isinstance(found, list)
    server_id, building, deleting, without, well, gone = found
    assert building == ["ConflictException", 409, f"Instance {server_id} is not ready"]
    assert deleting[:2] == ["ConflictException", 409]
    assert without == ["BadRequestException", 400, "Unavailable console type serial."]
    assert well is None
    assert gone == ["NotFoundException", 404, f"Instance {server_id} could not be found."]


def test_an_old_one(way: Way) -> None:
    """0.59.0, as it came with the command 5.4.0: it asks by microversions of its own time."""
    text = """
server = compute.find_server("talker", ignore_missing=False)
output = compute.get_server_console_output(server, length=3)["output"]
print(json.dumps([server.name, len(output.split(chr(10)))]))
"""
    assert way.script(OPENSTACK_5_4.with_name("python"), CONNECT + text) == ["talker", 3]
