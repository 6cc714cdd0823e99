from __future__ import annotations

import shutil
import subprocess

import pytest
import yaml

from consolesvc.cli.env import IN_THE_WAY
from tests.cli.service import CLEAN, CONSOLESVC, consolesvc

SHELLS = [shell for shell in ("sh", "bash", "dash", "zsh") if shutil.which(shell)]


def variables(shell: str, script: str) -> dict[str, str]:
    """The OS_* variables that a shell passes on after the script, having had those of another cloud."""
    another = dict.fromkeys(IN_THE_WAY, "another cloud") | {"OS_AUTH_TYPE": "password"}
    done = subprocess.run(
        [shell, "-euc", f"{script}\nenv -0"], capture_output=True, env=CLEAN | another, timeout=20, check=True
    )
    pairs = (entry.partition("=") for entry in done.stdout.decode().split("\0"))
    return {name: value for name, _, value in pairs if name.startswith("OS_")}


@pytest.mark.parametrize("shell", SHELLS)
def test_what_a_shell_makes_of_it(shell: str) -> None:
    """Exactly what the client needs for auth none, and for its `server list`; nothing is left of another cloud."""
    assert variables(shell, f'eval "$({" ".join(CONSOLESVC)} env --endpoint http://lab:8774)"') == {
        "OS_AUTH_TYPE": "none",
        "OS_ENDPOINT": "http://lab:8774/v2.1",
        "OS_IDENTITY_API_VERSION": "3",
    }


@pytest.mark.parametrize("shell", [shell for shell in SHELLS if shell != "zsh"])
def test_an_eval_without_quotes(shell: str) -> None:
    """Made one line by a user's slip, it is still the same."""
    assert variables(shell, f"eval $({' '.join(CONSOLESVC)} env --endpoint http://lab:8774)") == {
        "OS_AUTH_TYPE": "none",
        "OS_ENDPOINT": "http://lab:8774/v2.1",
        "OS_IDENTITY_API_VERSION": "3",
    }


@pytest.mark.parametrize("shell", SHELLS)
def test_values_are_quoted(shell: str) -> None:
    """A shell runs nothing of what stands in an endpoint."""
    endpoint = "http://lab:8774/it's$(exit;9)`x`"
    printed = consolesvc("env", "--endpoint", endpoint).stdout.decode()
    assert variables(shell, printed)["OS_ENDPOINT"] == f"{endpoint}/v2.1"


def test_it_can_be_given_twice() -> None:
    """With its own variables set it prints the same again."""
    first = consolesvc("env", "--endpoint", "http://lab:1").stdout
    assert consolesvc("env", env={"OS_ENDPOINT": "http://lab:1/v2.1"}).stdout == first


def test_another_clouds_compute_is_not_taken() -> None:
    """What `env` unsets is not what it leads to."""
    printed = consolesvc("env", env={"OS_COMPUTE_ENDPOINT_OVERRIDE": "http://another:8774/v2.1"}).stdout.decode()
    assert "export OS_ENDPOINT=http://127.0.0.1:8774/v2.1;" in printed


@pytest.mark.parametrize("endpoint", ["http://lab:8774", "http://lab:8774/it's\"{}:,[]&"])
def test_clouds_yaml(endpoint: str) -> None:
    """For those who have several clouds: a file that parses, whatever the endpoint."""
    printed = consolesvc("env", "--clouds-yaml", "--endpoint", endpoint).stdout
    assert yaml.safe_load(printed) == {
        "clouds": {
            "consolesvc": {
                "auth_type": "none",
                "auth": {"endpoint": f"{endpoint}/v2.1"},
                "identity_api_version": "3",
            }
        }
    }


def test_an_endpoint_that_is_none() -> None:
    """Bad usage, and nothing on stdout that a shell would eval."""
    done = consolesvc("env", "--endpoint", "lab")
    assert (done.returncode, done.stdout) == (2, b"")
    assert done.stderr == b"consolesvc: endpoint 'lab': expected http://HOST:PORT or https://HOST:PORT\n"
