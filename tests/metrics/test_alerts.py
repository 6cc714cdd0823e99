"""The example dashboard and alert rules, held against Prometheus' own tool and against a real scrape."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.certificates import Authority
from tests.metrics.samples import needs_promtool, promtool
from tests.scenarios.process import service

ROOT = Path(__file__).parents[2]
RULES = ROOT / "config/alerts.yaml"
DASHBOARD = ROOT / "config/grafana-dashboard.json"
TESTS = Path(__file__).parent / "alerts.test.yaml"

REMOTE = """\
tokens: {store: 'redis://127.0.0.1:1'}
identity: {type: keystone, auth_url: 'http://127.0.0.1:1', username: u, password_file: password, project_name: p}
"""

OTHERS = {"up"}
"""Prometheus' own."""
_METRIC = re.compile(r"\b((?:consolesvc|process)_[a-z0-9_]+|up)\b")


def rules() -> list[dict[str, Any]]:
    return [rule for group in yaml.safe_load(RULES.read_text())["groups"] for rule in group["rules"]]


def panels() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(DASHBOARD.read_text())["panels"]
    return found


def queries() -> Iterator[str]:
    """Every query of the dashboard, its variables filled in."""
    for panel in panels():
        for target in panel.get("targets", []):
            yield str(target["expr"]).replace("$__rate_interval", "5m").replace("$job", "j").replace("$console", ".*")


@needs_promtool
def test_the_rules_are_rules() -> None:
    """As Prometheus reads them."""
    assert "SUCCESS: 16 rules found" in promtool("check", "rules", str(RULES))


@needs_promtool
def test_each_alert_fires_when_it_should(tmp_path: Path) -> None:
    """And not before, and not for what looks like it: what they say is held to the letter."""
    file = tmp_path / "alerts.test.yaml"
    file.write_text(TESTS.read_text().replace("ALERTS", str(RULES)))
    assert "SUCCESS" in promtool("test", "rules", str(file))


def test_each_alert_is_tested() -> None:
    """Once at least where it fires, and once where it does not."""
    cases = [case for test in yaml.safe_load(TESTS.read_text())["tests"] for case in test["alert_rule_test"]]
    names = {rule["alert"] for rule in rules()}
    assert {case["alertname"] for case in cases if case.get("exp_alerts")} == names
    assert {case["alertname"] for case in cases if not case.get("exp_alerts")} == names


def test_each_alert_says_what_it_means() -> None:
    """A severity, a summary, and what to do."""
    for rule in rules():
        assert rule["labels"]["severity"] in ("info", "warning", "critical"), rule
        assert rule["annotations"].keys() == {"summary", "description"}, rule


@needs_promtool
def test_the_queries_of_the_dashboard_are_queries(tmp_path: Path) -> None:
    """Each parses."""
    recorded = [{"record": f"query:{number}", "expr": expr} for number, expr in enumerate(queries())]
    file = tmp_path / "queries.yaml"
    file.write_text(json.dumps({"groups": [{"name": "queries", "rules": recorded}]}))
    assert f"SUCCESS: {len(recorded)} rules found" in promtool("check", "rules", str(file))


def test_panels_do_not_lie_on_each_other() -> None:
    """Each has its place, an id of its own, a title, and a word on what it shows."""
    taken: set[tuple[int, int]] = set()
    for panel in panels():
        grid = panel["gridPos"]
        cells = {(grid["x"] + x, grid["y"] + y) for x in range(grid["w"]) for y in range(grid["h"])}
        assert not taken & cells, panel["title"]
        assert grid["x"] + grid["w"] <= 24, panel["title"]
        taken |= cells
        assert panel["title"]
        assert panel["type"] == "row" or panel["description"], panel["title"]
    assert len({panel["id"] for panel in panels()}) == len(panels())


def named() -> set[str]:
    """Every metric that the rules and the dashboard name."""
    texts = [rule["expr"] for rule in rules()] + list(queries()) + [DASHBOARD.read_text()]
    return {match[1] for text in texts for match in _METRIC.finditer(text)}


@pytest.fixture(scope="module")
def there(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """Every metric that a real service has."""
    folder = tmp_path_factory.mktemp("run")
    Authority(folder).issue("console")
    (folder / "password").write_text("secret")
    config = folder / "lab.yaml"
    found: set[str] = set()
    # Its own tokens are counted where they are its own; a Redis and a Keystone need not be there to be looked for.
    for remote in ("", REMOTE):
        config.write_text(
            f"{remote}tls: {{cert: console.pem, key: console.key}}\n"
            "metrics: {listen: 127.0.0.1:0}\naudit: {file: auto}\n"
            "servers: [{name: echo1, line: {type: emulated, guest: echo}}]\n"
        )
        with service(folder, "--config", str(config)) as running:
            found |= set(re.findall(r"(?m)^# TYPE (\S+)", running.metrics()))
    return found


def test_every_metric_that_is_named_exists(there: set[str]) -> None:
    """A renamed metric must not leave an alert behind that can never fire."""
    assert named() - OTHERS - there == set()


def test_every_metric_of_ours_is_shown(there: set[str]) -> None:
    """What is worth counting is worth a panel or an alert."""
    assert {name for name in there if name.startswith("consolesvc_")} - named() == set()
