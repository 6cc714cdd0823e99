"""`consolesvc check`: a file, its errors all at once, its warnings, and a summary."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from consolesvc.cli import check
from tests.certificates import DAY, Authority
from tests.cli.check.lab import FAKE, LAB, Checked, arguments, serial, servers


def test_a_good_file_is_a_summary(checked: Checked, slave: str, tmp_path: Path) -> None:
    """What it comes to, on stdout; nothing on stderr; exit 0."""
    link = tmp_path / "console"
    link.symlink_to(slave)
    code, out, err = checked(f"defaults: {{ring: 512 KiB}}\n{servers(FAKE, FAKE, serial('console'))}")
    assert (code, err) == (0, [])
    logs = out.pop(3)
    assert re.fullmatch(rf"logs      {tmp_path}/logs: at most 792 MiB, [0-9.]+ GiB free", logs)
    assert out == [
        "lab.yaml is good: 3 servers (1 serial, 2 emulated)",
        "API       127.0.0.1:8774",
        "consoles  127.0.0.1:6083; clients are sent to ws://127.0.0.1:6083/",
        "memory    at most 1.5 MiB of rings",
        "files     27 descriptors for the consoles, of 1048576",
    ]


@pytest.mark.parametrize(
    ("proxy", "told"),
    [
        ("{listen: '127.0.0.1:0'}", "127.0.0.1:0; clients are sent to ws://127.0.0.1:ITS-PORT/"),
        ("{listen: '[::1]:1'}", "[::1]:1; clients are sent to ws://[::1]:1/"),
        ("{listen: '[::]:1'}", "[::]:1; clients are sent to ws://THE-HOST-THEY-ASKED:1/"),
        ("{base_url: 'wss://a.lab/x'}", "127.0.0.1:6083; clients are sent to wss://a.lab/x"),
    ],
)
def test_where_clients_are_sent(checked: Checked, proxy: str, told: str) -> None:
    """The URL that clients will see, as far as it is known before the start."""
    _, out, _ = checked(f"proxy: {proxy}\n{servers(FAKE)}")
    assert out[2] == f"consoles  {told}"


def test_a_webhook_for_nobody(checked: Checked) -> None:
    """A pattern that no server's name matches is told; with servers that are made over the API, there may be one."""
    hook = "webhooks: [{url: 'http://127.0.0.1:9/', consoles: ['node*', 'nod', node0]}]"
    code, _, err = checked(f"{hook}\n{servers(FAKE)}")
    assert (code, err) == (0, ["warning: webhooks[0].consoles: no server is called 'nod'"])
    _, _, err = checked(f"{hook}\nemulator: {{allow_create: true}}\n{servers(FAKE)}")
    assert err == []


def test_one_port_for_both(checked: Checked) -> None:
    """The same listen address twice is told as the one port that it is."""
    _, out, _ = checked(f"proxy: {{listen: '127.0.0.1:8774'}}\n{servers(FAKE)}")
    assert out[1:3] == [
        "API       127.0.0.1:8774, and the consoles: one port serves both",
        "consoles  clients are sent to ws://127.0.0.1:8774/",
    ]


def test_two_free_ports_are_two(checked: Checked) -> None:
    """Port 0 twice is the same text, and not one port."""
    free = "listen: '127.0.0.1:0'"
    _, out, _ = checked(f"api: {{{free}}}\nproxy: {{{free}}}\n{servers(FAKE)}")
    assert out[1:3] == ["API       127.0.0.1:0", "consoles  127.0.0.1:0; clients are sent to ws://127.0.0.1:ITS-PORT/"]


def test_errors_come_all_at_once(checked: Checked) -> None:
    """Each with file and line, on stderr; exit 2 and no summary. Overrides are checked like the file."""
    code, out, err = checked("servers:\n- {name: no}\n", "--set", "lgo=1", "--set", "tokens.ttl=1d")
    assert (code, out) == (2, [])
    assert [line.split(" ")[0] for line in err] == ["lab.yaml:2:", "lab.yaml:2:", "--set:", "--set:"]
    assert check.run(arguments("nothing.yaml")) == 2


def test_an_empty_file_is_doubtful(checked: Checked) -> None:
    """It is valid, and serves nothing."""
    code, out, err = checked("")
    assert (code, err) == (0, ["warning: there is no server in it"])
    assert out[0] == "lab.yaml is good: 0 servers"


def test_a_public_port_with_a_private_url(checked: Checked) -> None:
    """Clients elsewhere would be sent to their own host: nova's classic misconfiguration."""
    remote = "identity: {allow_remote: true}\n"
    public = "api: {listen: '0.0.0.0:8774'}\n"
    tail = servers(FAKE)
    assert checked(f"{remote}{public}{tail}")[2] == [
        (
            "warning: api.listen is 0.0.0.0:8774, but clients are sent to ws://127.0.0.1:6083/, their own host; "
            "let proxy.listen be an address that they can reach, or set proxy.base_url"
        )
    ]
    assert checked(f"{remote}{public}proxy: {{listen: '[::]:1', base_url: 'ws://localhost:1'}}\n{tail}")[2] == [
        (
            "warning: api.listen is 0.0.0.0:8774 and proxy.listen is [::]:1, but clients are sent to ws://localhost:1/,"
            " their own host; set proxy.base_url to a name that they can reach"
        )
    ]
    assert checked(f"{remote}{public}proxy: {{base_url: 'ws://console.lab/'}}\n{tail}")[2] == []
    assert checked(f"{remote}{public}proxy: {{listen: '0.0.0.0:1'}}\n{tail}")[2] == []


def test_an_open_api_behind_a_proxy(checked: Checked) -> None:
    """One port for both, and a name that others know: the proxy in front makes everybody admin."""
    shared = "api: {listen: 127.0.0.1:1}\nproxy: {listen: 127.0.0.1:1, base_url: wss://console.lab/}\n"
    tail = servers(FAKE)
    assert checked(f"{shared}{tail}")[2] == [
        (
            "warning: clients are sent to wss://console.lab/, which leads to the API as well, and with identity none "
            "every caller is admin; say in `identity` who may call"
        )
    ]
    assert checked(f"{shared}identity: {{allow_remote: true}}\n{tail}")[2] == []
    assert checked(f"{shared.replace('console.lab', 'localhost')}{tail}")[2] == []


def test_tls(checked: Checked, tmp_path: Path) -> None:
    """Which port has which certificate, until when; and what is doubtful about it."""
    authority = Authority(tmp_path)
    authority.issue("a", seconds=100 * DAY)
    authority.issue("b", seconds=13 * DAY)
    for name in "ab":
        (tmp_path / f"{name}.key").chmod(0o600)
    tail = servers(FAKE)
    code, out, err = checked(f"tls: {{cert: a.pem, key: a.key}}\n{tail}")
    assert (code, err) == (0, [])
    assert out[1:3] == [
        "API       127.0.0.1:8774",
        "consoles  127.0.0.1:6083; clients are sent to wss://127.0.0.1:6083/",
    ]
    assert out[3].startswith(f"TLS       API and consoles: {tmp_path}/a.pem, good until 20")
    two = "api: {tls: {cert: a.pem, key: a.key}}\nproxy: {tls: {cert: b.pem, key: b.key}, base_url: ws://lab/}\n"
    code, out, err = checked(f"{two}{tail}")
    assert code == 0
    assert [line.partition(",")[0] for line in out[3:5]] == [
        f"TLS       API: {tmp_path}/a.pem",
        f"TLS       consoles: {tmp_path}/b.pem",
    ]
    assert err[0] == "warning: the consoles' port speaks TLS, but clients are sent to ws://lab/; let base_url say wss"
    assert err[1].startswith(f"warning: {tmp_path}/b.pem is good until 20")
    assert err[1].endswith("; renew it soon, it is read again without a restart")
    authority.issue("a", seconds=-60)
    (tmp_path / "a.key").chmod(0o644)
    code, out, err = checked(f"tls: {{cert: a.pem, key: a.key}}\n{tail}")
    assert code == 0
    assert err[0].startswith(f"warning: {tmp_path}/a.pem has expired: it was good until 20")
    assert err[1] == (
        f"warning: {tmp_path}/a.key holds a private key, and everybody on this host may read it; "
        f"`chmod o-r {tmp_path}/a.key`"
    )
    assert checked(f"tls: {{cert: a.pem, key: b.key}}\n{tail}", "--quiet")[:2] == (2, [])


def test_quiet(checked: Checked) -> None:
    """For a reload that depends on it: nothing where all is well, and warnings all the same."""
    assert checked(servers(FAKE), "--quiet") == (0, [], [])
    assert checked("", "-q") == (0, [], ["warning: there is no server in it"])
    assert checked("servers: 1", "-q")[:2] == (2, [])


def test_lab_yaml_is_good(capsys: pytest.CaptureFixture[str]) -> None:
    """The file that everybody copies has nothing to be said against it."""
    assert check.run(arguments(str(LAB))) == 0
    assert capsys.readouterr().err == ""


def test_it_needs_no_http_library() -> None:
    """Checking a file loads neither aiohttp nor anything of the faces."""
    code = "import sys, consolesvc.cli.check; print({'aiohttp', 'consolesvc.service'} & sys.modules.keys())"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "set()\n"


def test_keys_that_are_audited_nowhere(checked: Checked) -> None:
    """Who asks for keys wants them somewhere."""
    told = "warning: keys are to be audited, and audit.file says nowhere: nothing is written"
    for text in (
        f"audit: {{keys: true}}\nservers: [{{name: n, line: {FAKE}}}]",
        f"servers: [{{name: n, audit_keys: true, line: {FAKE}}}]",
    ):
        assert told in checked(text)[2]
    assert told not in checked(f"audit: {{file: auto, keys: true}}\nservers: [{{name: n, line: {FAKE}}}]")[2]


def test_the_summary_says_where_metrics_and_the_audit_are(checked: Checked) -> None:
    """Where they are asked for; with a bound on what the audit may take."""
    text = f"metrics: {{listen: 127.0.0.1:9874}}\naudit: {{file: auto}}\nservers: [{{name: n, line: {FAKE}}}]"
    code, out, _ = checked(text)
    assert code == 0
    assert "metrics   127.0.0.1:9874" in out
    assert "audit     auto, at most 264 MiB" in out
    _, out, _ = checked(text.replace("auto}", "a.log, keep: 0}"))
    assert next(line for line in out if line.startswith("audit")).endswith("/a.log")
