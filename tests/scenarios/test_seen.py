"""What operators see of the service from outside: metrics of a real process in a real Prometheus, its log as JSON."""

from __future__ import annotations

import contextlib
import json
import re
import signal
import socket
import stat
import subprocess
import urllib.parse
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.audit.records import events
from tests.audit.records import read as read_audit
from tests.metrics.samples import needs_promtool, promtool, read, value
from tests.scenarios.process import ROOT, Running, eventually, needs, read_until, service
from tests.scenarios.test_many import cpu_seconds

MANY = 2000
SCRAPES = 5
SECONDS_EACH = 2.5
"""CPU for one scrape of MANY consoles, ten times what one is to take."""
README = (ROOT / "README.md").read_text()


@pytest.mark.timeout(180)
@needs_promtool
def test_a_scrape_of_many_consoles_is_cheap(tmp_path: Path) -> None:
    """2000 fakes: Prometheus takes the text, and it costs a bounded time of the processor."""
    with service(tmp_path, "--fake", f"echo={MANY}", "--set", "log.enabled=false") as running:
        text = running.metrics()
        promtool("check", "metrics", text=text)
        assert value(read(text), "consolesvc_consoles") == MANY + 3
        assert value(read(text), "consolesvc_viewers", console=f"echo{MANY}") == 0
        spent = cpu_seconds(running)
        for _ in range(SCRAPES):
            running.metrics()
        assert cpu_seconds(running) - spent < SCRAPES * SECONDS_EACH


def scrape_configuration() -> dict[str, Any]:
    """What the README has people write into their prometheus.yml."""
    found = re.search(r"(?m)^    scrape_configs:\n(?:    .*\n)+", README)
    assert found, "the README shows no scrape_configs"
    document: dict[str, Any] = yaml.safe_load(re.sub(r"(?m)^    ", "", found[0]))
    return document


@contextlib.contextmanager
def prometheus(folder: Path, running: Running) -> Iterator[str]:
    """A Prometheus of its own that scrapes a service as the README says; its URL."""
    with socket.create_server(("127.0.0.1", 0)) as sock:
        where = f"127.0.0.1:{sock.getsockname()[1]}"
    document = scrape_configuration()
    (job,) = document["scrape_configs"]
    job["static_configs"] = [{"targets": [urllib.parse.urlsplit(str(running.ready["metrics"])).netloc]}]
    document["global"] = {"scrape_interval": "200ms", "evaluation_interval": "200ms"}
    (folder / "alerts.yaml").write_text((ROOT / "config/alerts.yaml").read_text())
    (folder / "prometheus.yml").write_text(json.dumps(document))
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [
                *("prometheus", f"--config.file={folder}/prometheus.yml", f"--storage.tsdb.path={folder}/data"),
                *(f"--web.listen-address={where}", "--log.level=warn"),
            ],
            stdout=log,
            stderr=log,
        )
    try:
        yield f"http://{where}"
    finally:
        process.kill()
        process.wait()


def asked(url: str, path: str) -> Any:
    """The data of an answer of Prometheus' API; None while it does not answer."""
    try:
        with urllib.request.urlopen(url + path, timeout=5) as answer:
            return json.load(answer)["data"]
    except OSError:
        return None


@needs("prometheus", "apt install --no-install-recommends prometheus")
def test_a_real_prometheus_reads_it(tmp_path: Path) -> None:
    """By the README's own lines: the target is up, its numbers are there, and the example rules are evaluated."""
    with service(tmp_path / "run") as running, prometheus(tmp_path, running) as url:

        def consoles() -> str | None:
            data = asked(url, "/api/v1/query?query=consolesvc_consoles")
            return data["result"][0]["value"][1] if data and data["result"] else None

        assert eventually("scraped", consoles, 20) == "3"
        (target,) = asked(url, "/api/v1/targets")["activeTargets"]
        assert (target["health"], target["lastError"]) == ("up", "")

        def rules() -> list[str] | None:
            data = asked(url, "/api/v1/rules")
            found = [rule["health"] for group in data["groups"] for rule in group["rules"]] if data else []
            return found if found and "unknown" not in found else None

        assert set(eventually("rules evaluated", rules, 20) or ()) == {"ok"}


def test_the_log_as_json(tmp_path: Path) -> None:
    """An object a line, with the request, the console and the session it is about; HUP goes over to text."""
    file = tmp_path / "lab.yaml"
    file.write_text(
        "service: {log_format: json}\n"
        "servers:\n"
        "  - {name: fake, line: {type: emulated, guest: echo}}\n"
        f"  - {{name: gone, line: {{type: serial, device: {tmp_path}/tty}}}}\n"
    )
    with service(tmp_path / "run", "--config", str(file)) as running:
        with running.viewer("fake") as viewer:
            viewer.send(b"hello")
            read_until(viewer, b"hello")
        eventually("detached", lambda: "detached session" in running.stderr)
        records = [json.loads(line) for line in running.stderr.splitlines()]
        assert all({"time", "level", "logger", "message"} <= record.keys() for record in records)
        (attached,) = (record for record in records if "attached" in record["message"])
        assert attached["console"] == "fake"
        assert f"as session {attached['session']} " in attached["message"]
        (detached,) = (record for record in records if "detached" in record["message"])
        assert (detached["session"], detached["request"]) == (attached["session"], attached["request"])
        minted = next(record for record in records if record["message"].startswith("POST /v2.1"))
        assert minted["request"] in minted["message"]
        assert minted["console"] == "fake"
        lost = next(record for record in records if "no such device" in record["message"])
        assert (lost["console"], lost["level"]) == ("gone", "WARNING")

        file.write_text(file.read_text().replace("log_format: json", "log_format: text"))
        running.signal(signal.SIGHUP)
        eventually("reloaded", lambda: "configuration reloaded" in running.stderr)
        assert re.fullmatch(r"[-0-9]{10} [:,0-9]{12} INFO consolesvc: .*", running.stderr.splitlines()[-1])


def test_a_refused_reload_shows_in_metrics_and_health(tmp_path: Path) -> None:
    """The file is wrong: counted, told, and over as soon as it is right."""
    file = tmp_path / "lab.yaml"
    file.write_text("servers: []\n")
    with service(tmp_path / "run", "--config", str(file)) as running:
        file.write_text("servers: [x]\n")
        running.signal(signal.SIGHUP)
        eventually("refused", lambda: value(read(running.metrics()), "consolesvc_config_refused") == 1)
        assert running.api("GET", "/healthcheck") == (
            200,
            {"status": "ok", "ready": True, "warnings": ["configuration"]},
        )
        file.write_text("servers: []\n")
        running.signal(signal.SIGHUP)
        eventually("taken", lambda: value(read(running.metrics()), "consolesvc_config_refused") == 0)
        assert value(read(running.metrics()), "consolesvc_config_reloads_total", result="refused") == 1


def test_the_audit_of_a_real_service(tmp_path: Path) -> None:
    """From the start to the stop, over a rotation by somebody else; no token, and nothing that was typed."""
    path = tmp_path / "audit.log"
    words = ("--fake", "echo=1", "--set", f"audit.file={path}")
    with service(tmp_path / "run", *words) as running:
        with running.viewer("echo1") as viewer:
            viewer.send(b"open sesame")
            read_until(viewer, b"open sesame")
            assert running.command("down", "echo1", "--for", "1m").returncode == 0
            path.rename(tmp_path / "audit.log.old")
            running.signal(signal.SIGUSR2)
            assert running.command("up", "echo1").returncode == 0
        eventually("detached", lambda: events(path, "detached"))
        tokens = running.tokens
    older, newer = read_audit(tmp_path / "audit.log.old"), read_audit(path)
    told = [record["event"] for record in (*older, *newer) if record["event"] != "typed"]
    assert told == ["started", "minted", "attached", "lent", "taken-back", "detached", "stopped"]
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    text = path.read_text() + (tmp_path / "audit.log.old").read_text()
    assert tokens
    assert not any(secret in text for secret in (*tokens, "sesame"))
