"""Who sees and may do what."""

from __future__ import annotations

from typing import Any

import pytest
from pytest_aiohttp.plugin import AiohttpClient

from consolesvc.identity.caller import Caller
from tests.compute.world import (
    ADMIN,
    IDS,
    MEMBER,
    NO_ROLE,
    PROJECT,
    READER,
    SERIAL,
    STRANGER,
    Answer,
    Client,
    ask,
    make_world,
)

ACTION = f"/v2.1/servers/{IDS[0]}/action"
REMOTE = {"remote_console": {"protocol": "serial", "type": "serial"}}
CONSOLE = "Policy doesn't allow os_compute_api:os-remote-consoles to be performed."


def name(caller: Caller) -> str:
    return caller.user_id


async def post(client: Client, path: str, body: Any, version: str = "2.1") -> Answer:
    return await ask(client, "POST", path, json=body, headers={"OpenStack-API-Version": f"compute {version}"})


@pytest.mark.parametrize("caller", [ADMIN, MEMBER, READER], ids=name)
async def test_who_sees_a_projects_servers(aiohttp_client: AiohttpClient, caller: Caller) -> None:
    """The project's own callers and any admin."""
    client = await aiohttp_client(make_world(caller=caller).app)
    for path in ("/v2.1/servers", "/v2.1/servers/detail"):
        assert len((await ask(client, "GET", path)).body["servers"]) == 3
    shown = (await ask(client, "GET", f"/v2.1/servers/{IDS[0]}")).body["server"]
    assert ("OS-EXT-SRV-ATTR:host" in shown) is caller.is_admin


async def test_another_projects_servers_are_not_there(aiohttp_client: AiohttpClient) -> None:
    """For a stranger no call finds the server, by any way."""
    world = make_world(caller=STRANGER)
    client = await aiohttp_client(world.app)
    gone = {"itemNotFound": {"code": 404, "message": f"Instance {IDS[0]} could not be found."}}
    assert (await ask(client, "GET", "/v2.1/servers/detail?name=fake1")).body == {"servers": []}
    assert (await ask(client, "GET", f"/v2.1/servers?marker={IDS[0]}")).message == f"marker [{IDS[0]}] not found"
    assert (await ask(client, "GET", f"/v2.1/servers/{IDS[0]}")).body == gone
    assert (await ask(client, "DELETE", f"/v2.1/servers/{IDS[0]}")).body == gone
    bodies: list[dict[str, Any]] = [
        SERIAL,
        {"os-getConsoleOutput": {}},
        {"reboot": {"type": "HARD"}},
        {"os-stop": None},
    ]
    for body in bodies:
        assert (await post(client, ACTION, body)).body == gone
    assert (await post(client, f"/v2.1/servers/{IDS[0]}/remote-consoles", REMOTE, "2.6")).body == gone
    assert len(world.tokens) == 0


@pytest.mark.parametrize("caller", [READER, NO_ROLE], ids=name)
async def test_no_console_without_a_members_role(aiohttp_client: AiohttpClient, caller: Caller) -> None:
    """403 with nova's sentence, whether the way is old or new."""
    world = make_world(caller=caller)
    client = await aiohttp_client(world.app)
    answer = await post(client, ACTION, SERIAL)
    assert answer.body == {"forbidden": {"code": 403, "message": CONSOLE}}
    if caller is READER:
        answer = await post(client, f"/v2.1/servers/{IDS[0]}/remote-consoles", REMOTE, "2.6")
        assert answer.body == {"forbidden": {"code": 403, "message": CONSOLE}}
    assert len(world.tokens) == 0


@pytest.mark.parametrize("caller", [ADMIN, MEMBER], ids=name)
async def test_members_have_consoles(aiohttp_client: AiohttpClient, caller: Caller) -> None:
    """Members of the project, and admins."""
    client = await aiohttp_client(make_world(caller=caller).app)
    assert (await post(client, ACTION, SERIAL)).status == 200
    assert (await post(client, f"/v2.1/servers/{IDS[0]}/remote-consoles", REMOTE, "2.6")).status == 200


@pytest.mark.parametrize(
    ("path", "rule"),
    [
        ("/v2.1/servers", "servers:index"),
        ("/v2.1/servers/detail", "servers:detail"),
        (f"/v2.1/servers/{IDS[0]}", "servers:show"),
    ],
)
async def test_without_a_role(aiohttp_client: AiohttpClient, path: str, rule: str) -> None:
    """A caller without any role may not even look."""
    client = await aiohttp_client(make_world(caller=NO_ROLE).app)
    text = f"Policy doesn't allow os_compute_api:{rule} to be performed."
    assert (await ask(client, "GET", path)).body == {"forbidden": {"code": 403, "message": text}}


@pytest.mark.parametrize("action", [{"reboot": {"type": "SOFT"}}, {"os-stop": None}, {"os-start": None}])
async def test_a_reader_switches_nothing(aiohttp_client: AiohttpClient, action: dict[str, Any]) -> None:
    """Power is a member's; the rule is named."""
    client = await aiohttp_client(make_world(caller=READER).app)
    [word] = action
    answer = await post(client, ACTION, action)
    assert answer.message == f"Policy doesn't allow os_compute_api:servers:{word.removeprefix('os-')} to be performed."


@pytest.mark.parametrize("value", ["", "1", "True", "yes"])
async def test_all_projects(aiohttp_client: AiohttpClient, value: str) -> None:
    """`all_tenants` is an admin's to ask for."""
    for caller, collection, rule in (
        (MEMBER, "servers", "index"),
        (READER, "servers/detail", "detail"),
        (ADMIN, "servers", ""),
    ):
        client = await aiohttp_client(make_world(caller=caller).app)
        answer = await ask(client, "GET", f"/v2.1/{collection}?all_tenants={value}")
        if rule:
            text = f"Policy doesn't allow os_compute_api:servers:{rule}:get_all_tenants to be performed."
            assert answer.body == {"forbidden": {"code": 403, "message": text}}
        else:
            assert len(answer.body["servers"]) == 3


async def test_all_projects_said_otherwise(aiohttp_client: AiohttpClient) -> None:
    """`all_tenants=0` is no question, and what is no flag is 400."""
    client = await aiohttp_client(make_world(caller=MEMBER).app)
    assert (await ask(client, "GET", "/v2.1/servers?all_tenants=0")).status == 200
    answer = await ask(client, "GET", "/v2.1/servers?all_tenants=maybe")
    assert answer.message.startswith("Invalid input received: Unrecognized value 'maybe'")


@pytest.mark.parametrize("caller", [MEMBER, READER, ADMIN], ids=name)
@pytest.mark.parametrize("api", ["v2", "v2.1"])
async def test_the_paths_project(aiohttp_client: AiohttpClient, caller: Caller, api: str) -> None:
    """A path names the caller's own project or none, in either spelling; an admin's as well."""
    client = await aiohttp_client(make_world(caller=caller).app)
    own = caller.project_id
    for project in (own, f"{own[:8]}-{own[8:12]}-{own[12:16]}-{own[16:20]}-{own[20:]}"):
        assert (await ask(client, "GET", f"/{api}/{project}/servers")).status == 200
    text = f"Malformed request URL: URL's project_id 'abc' doesn't match Context's project_id '{own}'"
    for method, path in (("GET", "servers"), ("GET", ""), ("GET", f"servers/{IDS[0]}")):
        answer = await ask(client, method, f"/{api}/abc/{path}")
        assert answer.body == {"badRequest": {"code": 400, "message": text}}


async def test_under_identity_none_any_project_will_do(aiohttp_client: AiohttpClient) -> None:
    """Nobody was asked who they are, so that no project is the wrong one."""
    client = await aiohttp_client(make_world().app)
    for project in (PROJECT, "f" * 32, "abc"):
        assert (await ask(client, "GET", f"/v2.1/{project}/servers")).status == 200


async def test_a_token_knows_who_minted_it(aiohttp_client: AiohttpClient) -> None:
    """By either call: its sessions are shown under that name, and may type."""
    world = make_world(caller=MEMBER)
    client = await aiohttp_client(world.app)
    answers = [
        await post(client, ACTION, SERIAL),
        await post(client, ACTION.replace("action", "remote-consoles"), REMOTE, "2.6"),
    ]
    for answer in answers:
        (console,) = answer.body.values()
        grant = await world.tokens.look_up(console["url"].partition("token=")[2])
        assert (grant.user, grant.may_type, grant.ends) == ("ann", True, False)
