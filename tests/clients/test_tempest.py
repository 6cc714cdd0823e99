"""Tempest, the selection of nova-contract 5.2, against a service with users of its own."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

from tests.clients.ways import PROJECT, SECRET, TEMPEST, USERS, Way, require
from tests.scenarios.process import environment

SELECTION = (
    "compute.test_versions|test_list_server_filters|test_create_server.*test_list_servers|test_get_console_output|"
    "test_server_actions.ServerActionsTestJSON.test_(stop_start|reboot)"
)
NEEDED = re.compile(
    r"fixed_network_name needs to be configured|Volume service not enabled|[Nn]eutron|cinder|glance|Glance|"
    r"validation.run_validation|Instance validation tests are disabled|Skipped until bug: "
)
"""Reasons to skip that are not ours: another service is absent, or tempest waits for a bug of nova's."""

_CONFIG = """\
[DEFAULT]
log_file = tempest.log
[auth]
use_dynamic_credentials = false
test_accounts_file = {folder}/etc/accounts.yaml
[identity]
uri_v3 = {keystone}
auth_version = v3
region = RegionOne
[identity-feature-enabled]
api_v2 = false
[service_available]
cinder = false
glance = false
neutron = false
swift = false
nova = true
[compute]
image_ref = linux
image_ref_alt = switch
flavor_ref = 1
flavor_ref_alt = 2
min_microversion = 2.1
max_microversion = 2.100
build_interval = 1
build_timeout = 30
[compute-feature-enabled]
serial_console = true
console_output = true
vnc_console = false
[validation]
run_validation = false
[oslo_concurrency]
lock_path = {folder}/locks
"""


def test_tempest(builtin_way: Way, tmp_path: Path) -> None:
    """Whatever of it needs no neutron, cinder or glance passes, and only that is skipped which needs one."""
    require(TEMPEST)
    folder = _workspace(builtin_way, tmp_path)
    done = _tempest(tmp_path, "run", "--concurrency", "1", "--regex", SELECTION, cwd=folder)
    results = re.findall(r"^\{0\} (\S+(?: \(\S+\))?) .*?\.\.\. (ok|FAILED|SKIPPED: .*)$", done.stdout, re.MULTILINE)
    failed = [name for name, result in results if result == "FAILED"]
    skipped = [(name, result) for name, result in results if result.startswith("SKIPPED")]
    assert (failed, done.returncode) == ([], 0), done.stdout
    assert [(name, why) for name, why in skipped if not NEEDED.search(why)] == []
    assert sum(result == "ok" for _, result in results) >= 24, done.stdout


def _workspace(way: Way, tmp_path: Path) -> Path:
    folder = tmp_path / "tempest"
    _tempest(tmp_path, "init", str(folder), cwd=tmp_path)
    (folder / "etc/tempest.conf").write_text(_CONFIG.format(folder=folder, keystone=way.keystone))
    accounts = [
        {
            "username": name,
            "project_name": PROJECT,
            "domain_name": "Default",
            "password": SECRET,
            "roles": [role],
            **({"types": ["admin"]} if role == "admin" else {}),
        }
        for name, role in USERS.items()
    ]
    (folder / "etc/accounts.yaml").write_text(json.dumps(accounts))
    return folder


def _tempest(tmp_path: Path, command: str, *words: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [TEMPEST, command, "--workspace-path", tmp_path / "workspaces.yaml", *words],
        cwd=cwd,
        # It keeps a list of its workspaces at home otherwise.
        env={**environment(), "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )
