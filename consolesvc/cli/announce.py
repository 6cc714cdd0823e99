"""What `serve` prints once it is ready, and the ready file."""

from __future__ import annotations

import contextlib
import json
import os
import shlex
import shutil
import sys
from pathlib import Path

from consolesvc.cli.views import console_table
from consolesvc.client.endpoints import DEFAULT
from consolesvc.config.access import Address, Identity, IdentityBuiltin, IdentityKeystone, IdentityNone, IdentityStatic
from consolesvc.errors import StartError
from consolesvc.http.urls import WILDCARDS
from consolesvc.local import find_socket
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
    """Print the table of consoles, the addresses, two commands and a page to copy, and the line `ready`."""
    lines = []
    if demo:
        lines.append(DEMO)
        lines += [
            f"      This host's own: consolesvc serve --config {path}" for path in SYSTEM_CONFIGS if path.exists()
        ]
    servers = list(service.inventory)
    lines.append(console_table([console_view(server) for server in servers]))
    own = "" if service.seen.address is None else f"   metrics {metrics_url(service)}"
    lines.append(f"API {api_url(service)}/v2.1   consoles {service.urls.base('127.0.0.1')}{own}")
    if servers:
        lines += ["", *_commands(service, servers[0].name), ""]
    lines.append("ready")
    print("\n".join(lines), flush=True)


def api_url(service: Service) -> str:
    """The API's address as a client on this host reaches it."""
    address = service.ports.api
    scheme = "https" if "api" in service.ports.secure else "http"
    return f"{scheme}://{Address('127.0.0.1' if address.host in WILDCARDS else address.host, address.port)}"


def metrics_url(service: Service) -> str:
    """Where a client on this host reads the metrics."""
    address = service.seen.address
    if address is None:
        return f"{api_url(service)}/metrics"
    return f"http://{Address('127.0.0.1' if address.host in WILDCARDS else address.host, address.port)}/metrics"


def write_ready_file(service: Service, path: Path) -> None:
    """Write the ready file (DESIGN 5.1), whole or not at all: others poll for it.

    Raises:
        StartError: it cannot be written.
    """
    ready = {
        "pid": os.getpid(),
        "api": api_url(service),
        "proxy": service.urls.base("127.0.0.1"),
        "socket": None if service.ports.local is None else str(service.ports.local.path),
        "metrics": metrics_url(service),
        "servers": [{"id": server.id, "name": server.name} for server in service.inventory],
    }
    partial = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        partial.write_text(json.dumps(ready) + "\n")
        partial.replace(path)
    except OSError as error:
        with contextlib.suppress(OSError):
            partial.unlink()
        raise _unwritten(path, error) from None


def clear_ready_file(path: Path) -> None:
    """Remove what a service that was killed left there: who polls for it must not find that one.

    Raises:
        StartError: it cannot be removed, or one could not be written there.
    """
    try:
        path.unlink(missing_ok=True)
        path.parent.stat()
    except OSError as error:
        raise _unwritten(path, error) from None


def _unwritten(path: Path, error: OSError) -> StartError:
    return StartError(f"--ready-file {path}: cannot be written: {error.strerror}")


def _commands(service: Service, name: str) -> list[str]:
    api = api_url(service)
    program = _program()
    local = service.ports.local
    socket = local is not None and find_socket() == local.path
    endpoint = "" if api == DEFAULT or socket else f" --endpoint {api}"
    identity = service.config.identity
    # `attach` of a name asks the API, and has no token for an identity that wants one; the socket wants none.
    attach = f"attach '{name}'{endpoint}" if socket or isinstance(identity, IdentityNone) else "attach URL"
    return [
        f"  openstack {_auth(identity, api)} console url show --serial '{name}' -f value -c url",
        f"  {program} {attach}",
        f"  {api}/console/    in a browser",
    ]


def _auth(identity: Identity, api: str) -> str:
    """The client's options for an identity; words in capitals are for the user to fill in."""
    match identity:
        case IdentityNone():
            return f"--os-auth-type none --os-endpoint '{api}/v2.1'"
        case IdentityStatic():
            return f"--os-auth-type admin_token --os-endpoint '{api}/v2.1' --os-token TOKEN"
        case IdentityBuiltin():
            url = f"{api}/identity/v3"
        case IdentityKeystone():
            url = identity.auth_url
    domains = "--os-user-domain-name Default --os-project-domain-name Default"
    return f"--os-auth-url {shlex.quote(url)} --os-username USER --os-project-name PROJECT {domains}"


def _program() -> str:
    """This program as the user may type it: by its name where a shell finds it, else from where they stand."""
    started = sys.argv[0]
    name = Path(started).name
    if name == "__main__.py":
        return f"{shlex.quote(sys.executable)} -m consolesvc"
    on_path = shutil.which(name)
    if on_path is not None and ("/" not in started or os.path.realpath(on_path) == os.path.realpath(started)):
        return shlex.quote(name)
    found, here = Path(started).absolute(), Path.cwd()
    if not found.is_relative_to(here):
        return shlex.quote(started)
    below = found.relative_to(here)
    return shlex.quote(f"./{below}" if below.parent == Path() else str(below))
