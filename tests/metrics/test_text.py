from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consolesvc.metrics.text import Family, labels, number
from tests.metrics.samples import needs_promtool, promtool, read

FAMILY = Family("consolesvc_test_bytes_total", "counter", "A test.")


def test_a_family_is_its_head_and_its_samples() -> None:
    """The format, byte for byte."""
    assert FAMILY.text((labels(console="a", project=""), 1), ("", 2)) == (
        "# HELP consolesvc_test_bytes_total A test.\n"
        "# TYPE consolesvc_test_bytes_total counter\n"
        'consolesvc_test_bytes_total{console="a",project=""} 1\n'
        "consolesvc_test_bytes_total 2\n"
    )


@pytest.mark.parametrize(
    ("given", "text"), [(0, "0"), (2**63, "9223372036854775808"), (True, "1"), (0.25, "0.25"), (1e-9, "1e-09")]
)
def test_numbers(given: float, text: str) -> None:
    """Whole numbers are whole, truths are 1 and 0."""
    assert number(given) == text


@given(st.text())
def test_any_text_is_a_label(text: str) -> None:
    """Quotes, backslashes and line ends come back as they were; a lone surrogate as what UTF-8 has for it."""
    whole = text.encode("utf-8", "replace").decode()
    assert read(FAMILY.line(labels(console=text), 1)) == {(FAMILY.name, frozenset({("console", whole)})): 1}


@needs_promtool
def test_promtool_takes_any_label() -> None:
    """Prometheus' own parser reads them all."""
    nasty = ['"', "\\", "\n", '\\"', "}", "{a=", " # ", "\t", "é\U0001f600", "\ud800", "made over the API"]
    promtool("check", "metrics", text=FAMILY.text(*((labels(console=text), 1) for text in nasty)))
