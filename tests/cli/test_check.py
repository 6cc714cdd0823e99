from __future__ import annotations

import argparse
import asyncio
import os
import re
import resource
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from consolesvc.cli import check
from consolesvc.config.linespec import LineSpec
from consolesvc.lines.host import THIS_HOST, Host
from tests.certificates import DAY, Authority
from tests.cli.service import CLEAN, CONSOLESVC, until
from tests.lines.trees import Tree, open_pty

LAB = Path(__file__).parent.parent.parent / "config" / "lab.yaml"
FTDI = {"idVendor": "0403", "idProduct": "6001", "manufacturer": "FTDI", "product": "FT232R USB UART", "serial": "A1"}
FAKE = "{type: emulated, guest: echo}"

Checked = Callable[..., tuple[int, list[str], list[str]]]


@pytest.fixture
def slave() -> Iterator[str]:
    with open_pty() as path:
        yield path


@pytest.fixture(autouse=True)
def plenty_of_descriptors(monkeypatch: pytest.MonkeyPatch) -> None:
    limited(monkeypatch, 1_048_576)


@pytest.fixture
def checked(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Checked:
    """Run the command as a user gives it in the file's folder; its exit code, stdout and stderr in lines."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LOGS_DIRECTORY", str(tmp_path / "logs"))

    def run(text: str, *argv: str, host: Host = THIS_HOST) -> tuple[int, list[str], list[str]]:
        Path("lab.yaml").write_text(text)
        code = check.run(arguments("lab.yaml", *argv), host=host)
        printed = capsys.readouterr()
        return code, printed.out.splitlines(), printed.err.splitlines()

    return run


def arguments(*argv: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    check.add_arguments(parser)
    return parser.parse_args(argv)


def limited(monkeypatch: pytest.MonkeyPatch, hard: int) -> None:
    monkeypatch.setattr(resource, "getrlimit", lambda _what: (min(hard, 256), hard))


def servers(*lines: str) -> str:
    return "servers:\n" + "".join(f"- {{name: node{n}, line: {line}}}\n" for n, line in enumerate(lines))


def serial(device: str | Path, more: str = "") -> str:
    return f"{{type: serial, device: {device}{more}}}"


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


def test_too_few_descriptors(checked: Checked, monkeypatch: pytest.MonkeyPatch) -> None:
    """Held against the hard limit, which `serve` raises its soft limit to."""
    text = servers(*[FAKE] * 10)
    limited(monkeypatch, 89)
    assert checked(text)[2] == [
        (
            "warning: the consoles need about 90 file descriptors, and this process may have 89; "
            "raise `LimitNOFILE=` or `ulimit -Hn`"
        )
    ]
    limited(monkeypatch, 1000)
    expected = (
        "warning: `limits` promises {} connections to 10 consoles, and about 910 file descriptors are left for them; "
        "raise `LimitNOFILE=` or `ulimit -Hn`"
    )
    for limits, promise in (
        ("{}", 10 * 64 + 512),
        ("{handshakes: 300}", 10 * 64 + 300),
        ("{sessions: 500}", 500 + 512),
        ("{sessions_per_console: 0}", 10_000 + 512),
        ("{sessions: 0}", 10 * 64 + 512),
        ("{sessions: 200}", None),
        ("{sessions: 0, sessions_per_console: 0}", None),
    ):
        told = [] if promise is None else [expected.format(promise)]
        assert checked(f"limits: {limits}\n{text}")[2] == told
    limited(monkeypatch, resource.RLIM_INFINITY)
    _, out, err = checked(text)
    assert (out[-1], err) == ("files     90 descriptors for the consoles, of any number", [])


def test_more_rings_than_memory(checked: Checked, monkeypatch: pytest.MonkeyPatch) -> None:
    """The worst case is held against this host's memory."""
    monkeypatch.setattr(os, "sysconf", {"SC_PAGE_SIZE": 4096, "SC_PHYS_PAGES": 256 * 1024}.__getitem__)
    text = servers(*[FAKE] * 3)
    assert checked(f"defaults: {{ring: 512 MiB}}\n{text}")[2] == [
        "warning: the rings may take 1.5 GiB, and this host has 1 GiB of memory"
    ]


def logs(out: list[str]) -> str:
    (line,) = (line for line in out if line.startswith("logs "))
    return line.partition(": ")[2].partition(",")[0]


@pytest.mark.parametrize(
    ("log", "most"),
    [
        ("{segment_size: 4 MiB, keep: 9}", "at most 120 MiB"),
        ("{segment_size: 4 MiB, keep: 9, max_total: 30 MiB}", "at most 30 MiB"),
        ("{segment_size: 4 MiB, keep: 9, max_total: 1 MiB}", "at most 12 MiB"),
        ("{keep: 0, max_total: 1 GiB}", "at most 1 GiB"),
        ("{keep: 0, max_total: 0}", "without a bound"),
    ],
)
def test_what_the_logs_may_come_to(checked: Checked, log: str, most: str) -> None:
    """Segments of all consoles; what is being written is never removed, and a console without a log has none."""
    text = f"log: {log}\n{servers(FAKE, FAKE, FAKE)}- {{name: silent, log: false, line: {FAKE}}}\n"
    code, out, err = checked(text)
    assert (code, logs(out)) == (0, most)
    unbound = "warning: the logs have no bound but the disk: `log.max_total` or `log.keep` sets one"
    assert err == ([unbound] if most == "without a bound" else [])


def test_no_logs(checked: Checked) -> None:
    """Then nothing is said of them."""
    for text in (f"log: {{enabled: false}}\n{servers(FAKE)}", f"servers: [{{name: n, log: false, line: {FAKE}}}]"):
        assert not [line for line in checked(text)[1] if line.startswith("logs")]


def test_more_logs_than_disk(checked: Checked, tmp_path: Path) -> None:
    """What may come to it, beside what is there already and what is left to others; the service would remove early."""
    free = shutil.disk_usage(tmp_path).free >> 30
    text = servers(FAKE)
    code, _, err = checked(f"log: {{keep: 0, max_total: {free + 10} GiB}}\n{text}")
    assert code == 0
    assert re.fullmatch(
        rf"warning: the logs may grow by {free + 10} GiB, and [0-9.]+ GiB are left for that at {tmp_path} beside "
        r"`log\.min_free`: the oldest will be removed before their time",
        err[0],
    )
    code, _, err = checked(f"log: {{min_free: {free + 10} GiB}}\n{text}")
    assert re.fullmatch(
        rf"warning: no log is kept: [0-9.]+ GiB are free at {tmp_path}, and `log\.min_free` leaves {free + 10} GiB to "
        "others",
        err[0],
    )
    (tmp_path / "logs").mkdir()
    with (tmp_path / "logs" / "node0.log").open("wb") as file:
        file.truncate((free + 10) << 30)  # a file with a hole takes no room, and has its size
    assert checked(f"log: {{keep: 0, max_total: {free + 10} GiB}}\n{text}")[2] == []


def test_a_log_folder_that_cannot_be(checked: Checked, tmp_path: Path) -> None:
    """Below /proc nothing can be kept, even by root; below a file neither; or it is another user's."""
    text = servers(FAKE)
    code, _, err = checked(text, "--set", "log.directory=/proc/nope")
    assert code == 0
    assert err[-1] == "warning: no log is kept: 0 bytes are free at /proc, and `log.min_free` leaves 1 GiB to others"
    code, _, err = checked(text, "--set", "log.directory=lab.yaml/logs")
    assert (code, err) == (0, [f"warning: no log is kept: {tmp_path}/lab.yaml is no folder"])


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root, to be another user")
def test_a_log_folder_of_another_user() -> None:
    """Told by who we are, and by what stands in the way; one to be made likewise."""
    with tempfile.TemporaryDirectory(prefix="consolesvc-") as folder:
        Path(folder).chmod(0o755)
        file = Path(folder, "lab.yaml")
        file.write_text(servers(FAKE))
        for path, verb in ((folder, "written"), (f"{folder}/new", "made")):
            code = (
                "import os, pathlib; from consolesvc.cli import check; from consolesvc.config.load import load; "
                f"config = load(pathlib.Path({str(file)!r}), ['log.directory={path}']); "
                "os.setgid(65534); os.setuid(65534); print(*check.warnings(config), sep='\\n')"
            )
            done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=folder)
            told = f"no log is kept: {path} cannot be {verb}; consolesvc runs as uid 65534, and {folder} does not"
            assert (done.returncode, told in done.stdout) == (0, True), done.stderr


def test_an_absent_device_is_a_warning(checked: Checked, tmp_path: Path) -> None:
    """Also with `--open`, which does not try it: the console would wait for it."""
    for argv in ((), ("--open",)):
        code, out, err = checked(servers(serial("nix")), *argv)
        assert (code, len(out)) == (0, 6)
        assert err == [f"warning: node0: {tmp_path}/nix: no such device; the console waits for it"]


def test_names_that_will_not_last(checked: Checked, slave: str) -> None:
    """A PTY's number and an unplugged adapter's are not what a configuration should hold on to."""
    code, _, err = checked(servers(serial(slave), serial("/dev/ttyUSB987654")))
    assert code == 0
    assert err == [
        (
            f"warning: node0: {slave}: the number of a PTY changes with each start of its program; "
            "have that make a link with a lasting name"
        ),
        "warning: node1: /dev/ttyUSB987654: no such device; the console waits for it",
        (
            "warning: node1: /dev/ttyUSB987654: its number may change with the next plug or start; "
            "prefer its link in /dev/serial/by-id"
        ),
    ]


def test_an_adapters_lasting_name_is_given(checked: Checked, slave: str, tmp_path: Path) -> None:
    """The link to configure in the place of a number is named; a file that has it is left in peace."""
    tree = Tree(tmp_path / "host")
    adapter = tree.tty("ttyUSB0", slave, driver="ftdi_sio", usb=FTDI)
    link = tree.link("by-id", "usb-FTDI_A1-if00-port0", adapter)
    assert checked(servers(serial(adapter)), host=tree.host)[2] == [
        f"warning: node0: {adapter}: its number may change with the next plug or start; prefer {link}"
    ]
    assert checked(servers(serial(link)), host=tree.host)[2] == []


def test_what_is_no_serial_device(checked: Checked, tmp_path: Path) -> None:
    """A directory or a file is told without opening it; with `--open` it fails the check, and is told once."""
    told = (
        f"node0: {tmp_path}: not a serial device: {tmp_path} is a directory; `consolesvc ports` lists this host's ports"
    )
    assert checked(servers(serial(".")))[2] == [f"warning: {told}"]
    code, _, err = checked(servers(serial(".")), "--open")
    assert (code, err) == (1, [f"error: {told}"])


def test_open_tries_each_device(checked: Checked, slave: str, tmp_path: Path) -> None:
    """What opens is told, and left as it was; fake servers have no device to try."""
    (tmp_path / "console").symlink_to(slave)
    code, out, err = checked(servers(serial("console"), FAKE), "--open")
    assert (code, out[6:], err) == (0, [f"node0: {tmp_path}/console opens"], [])


def test_what_does_not_open_fails_the_check(tmp_path: Path, slave: str, capsys: pytest.CaptureFixture[str]) -> None:
    """The line's own sentence, with its cure, and exit 1; escaped, as it may come from a device's path."""
    (tmp_path / "console").symlink_to(slave)
    path = tmp_path / "lab.yaml"
    path.write_text(servers(serial("console")))

    async def refuse(spec: LineSpec) -> str | None:
        return f"held by pid 812 (minicom): end it, {spec} opens by itself\x1b"

    assert check.run(arguments(str(path), "--open"), probe=refuse) == 1
    device = tmp_path / "console"
    expected = f"error: node0: {device}: held by pid 812 (minicom): end it, {device} opens by itself\\x1b"
    assert capsys.readouterr().err.splitlines() == [expected]


@pytest.mark.parametrize("program", [CONSOLESVC, (Path(sys.executable).with_name("consolesvc"),)])
def test_what_the_running_service_has_open_is_a_warning(
    checked: Checked, slave: str, tmp_path: Path, program: tuple[str | Path, ...]
) -> None:
    """The file of the running service can be checked while it runs: exit code 0."""
    (tmp_path / "console").symlink_to(slave)
    text = f"api: {{listen: '127.0.0.1:0'}}\nproxy: {{listen: '127.0.0.1:0'}}\n{servers(serial('console'))}"
    Path("lab.yaml").write_text(text)
    with subprocess.Popen(
        [*program, "serve", "--config", "lab.yaml", "--ephemeral", "--ready-file", "ready"],
        env=CLEAN,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as process:
        try:
            until(Path("ready").exists)
            code, out, err = checked(text, "--open")
        finally:
            process.terminate()
    assert (code, out[6:]) == (0, [])
    device = tmp_path / "console"
    assert err == [f"warning: node0: {device}: open in the running consolesvc (pid {process.pid})"]


def test_a_hanging_driver_does_not_hang_the_check(
    tmp_path: Path, slave: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Opening a device may never come back: that is told after a while."""
    monkeypatch.setattr(check, "OPEN_WAIT", 0.01)
    path = tmp_path / "lab.yaml"
    path.write_text(servers(serial(slave)))

    async def hang(_spec: LineSpec) -> str | None:
        await asyncio.get_running_loop().create_future()
        return None

    assert check.run(arguments(str(path), "--open"), probe=hang) == 1
    expected = f"error: node0: {slave}: no answer in 0.01 s: its driver hangs, see `dmesg | tail`"
    assert capsys.readouterr().err.splitlines()[-1] == expected


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
