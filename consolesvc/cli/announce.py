"""What `serve` prints once it is ready, and the ready file."""

from __future__ import annotations

import json
import os
import shlex
import sys
from pathlib import Path

from consolesvc.cli.client import DEFAULT
from consolesvc.cli.consoles import console_table
from consolesvc.config.model import Address
from consolesvc.http.urls import WILDCARDS
from consolesvc.service import Service
from consolesvc.web.api import console_view

DEMO = "DEMO: fake servers, loopback only. For real ports: consolesvc serve --config FILE"
SYSTEM_CONFIGS = (
    Path("/etc/consolesvc/lab.yaml"),
    Path("/etc/consolesvc/consolesvc.yaml"),
    Path("/etc/consolesvc.yaml"),
)
"""Where an operator's configuration would be: `serve` without --config names the one it finds, and leaves it alone."""


def announce(service: Service, *, demo: bool) -> None:
    """Print the table of consoles, the addresses, two commands to copy, and the line `ready`."""
    lines = []
    if demo:
        lines.append(DEMO)
        lines += [
            f"      This host's own: consolesvc serve --config {path}" for path in SYSTEM_CONFIGS if path.exists()
        ]
    servers = list(service.inventory)
    lines.append(console_table([console_view(server) for server in servers]))
    lines.append(f"API {api_url(service)}/v2.1   consoles {service.urls.base('127.0.0.1')}")
    if servers:
        lines += ["", *_commands(service, servers[0].name), ""]
    lines.append("ready")
    print("\n".join(lines), flush=True)


def api_url(service: Service) -> str:
    """The API's address as a client on this host reaches it."""
    address = service.ports.api
    return f"http://{Address('127.0.0.1' if address.host in WILDCARDS else address.host, address.port)}"


def write_ready_file(service: Service, path: Path) -> None:
    """Write the ready file (DESIGN 5.1), whole or not at all: others poll for it."""
    ready = {
        "pid": os.getpid(),
        "api": api_url(service),
        "proxy": service.urls.base("127.0.0.1"),
        "servers": [{"id": server.id, "name": server.name} for server in service.inventory],
    }
    partial = path.with_name(f".{path.name}.{os.getpid()}")
    partial.write_text(json.dumps(ready) + "\n")
    partial.replace(path)


def _commands(service: Service, name: str) -> list[str]:
    api = api_url(service)
    program = _program()
    endpoint = "" if api == DEFAULT else f" --endpoint {api}"
    auth = f"--os-auth-type none --os-endpoint '{api}/v2.1'"
    return [
        f"  openstack {auth} console url show --serial '{name}' -f value -c url",
        f"  {program} attach '{name}'{endpoint}",
    ]


def _program() -> str:
    """This program as the user may type it: as it was started, from the working directory where it lies below."""
    started = Path(sys.argv[0])
    if started.name == "__main__.py":
        return f"{shlex.quote(sys.executable)} -m consolesvc"
    found = started.absolute()
    return shlex.quote(str(found.relative_to(Path.cwd()) if found.is_relative_to(Path.cwd()) else started))
