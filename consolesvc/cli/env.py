"""`consolesvc env`: what the openstack client needs, to be eval'ed."""

from __future__ import annotations

import argparse
import json
import os
import shlex

from consolesvc.cli.client import Client, add_endpoint

HELP = 'print what the openstack client needs: eval "$(consolesvc env)"'

IN_THE_WAY = (
    "OS_CLOUD",
    "OS_AUTH_URL",
    "OS_TOKEN",
    "OS_USERNAME",
    "OS_USER_ID",
    "OS_PASSWORD",
    "OS_PASSCODE",
    "OS_APPLICATION_CREDENTIAL_ID",
    "OS_APPLICATION_CREDENTIAL_NAME",
    "OS_APPLICATION_CREDENTIAL_SECRET",
    "OS_PROJECT_NAME",
    "OS_PROJECT_ID",
    "OS_TENANT_NAME",
    "OS_TENANT_ID",
    "OS_DEFAULT_DOMAIN",
    "OS_DOMAIN_NAME",
    "OS_DOMAIN_ID",
    "OS_USER_DOMAIN_NAME",
    "OS_USER_DOMAIN_ID",
    "OS_PROJECT_DOMAIN_NAME",
    "OS_PROJECT_DOMAIN_ID",
    "OS_SYSTEM_SCOPE",
    "OS_TRUST_ID",
    "OS_REGION_NAME",
    "OS_COMPUTE_API_VERSION",
    "OS_COMPUTE_ENDPOINT_OVERRIDE",
)
"""What another cloud's openrc leaves behind: it would lead there, be sent here, or fail."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's options."""
    add_endpoint(parser)
    parser.add_argument(
        "--clouds-yaml", action="store_true", help="as a clouds.yaml; use it with --os-cloud consolesvc"
    )


def run(args: argparse.Namespace) -> int:
    """Print it. Asks nobody: it can be eval'ed before the service runs."""
    # Not OS_COMPUTE_ENDPOINT_OVERRIDE, which the other commands take: here it is one of those in the way.
    own = {name: value for name, value in os.environ.items() if name not in IN_THE_WAY}
    endpoint = f"{Client(args.endpoint, own, local=False).url}/v2.1"
    print(_clouds_yaml(endpoint) if args.clouds_yaml else _shell(endpoint))
    return 0


def _shell(endpoint: str) -> str:
    # The client takes /v2.1 for an identity version 2 unless told 3: without it `server list` fails (nova-contract 4).
    # With the semicolons, an eval that forgot its quotes and made one line of these works too.
    return "\n".join(
        (
            f"unset {' '.join(IN_THE_WAY)};",
            "export OS_AUTH_TYPE=none;",
            f"export OS_ENDPOINT={shlex.quote(endpoint)};",
            "export OS_IDENTITY_API_VERSION=3;",
        )
    )


def _clouds_yaml(endpoint: str) -> str:
    return "\n".join(
        (
            "clouds:",
            "  consolesvc:",
            "    auth_type: none",
            f"    auth: {{endpoint: {json.dumps(endpoint)}}}",  # a JSON string is a YAML string, whatever it holds
            "    identity_api_version: '3'",
        )
    )
