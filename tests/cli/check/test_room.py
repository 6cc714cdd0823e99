"""`consolesvc check`: whether there is room for it, in memory, on disk and in descriptors."""

from __future__ import annotations

import os
import re
import resource
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from tests.cli.check.lab import FAKE, Checked, limited, servers


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
