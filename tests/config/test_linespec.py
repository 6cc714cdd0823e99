from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consolesvc.config.linespec import PARITIES, CommandSpec, LineSettings, Pace, Rfc2217Spec, TcpSpec

SETTINGS = st.builds(
    LineSettings, st.integers(1, 99_999_999), st.integers(5, 8), st.sampled_from(PARITIES), st.integers(1, 2)
)


@given(SETTINGS)
def test_the_three_spellings(settings: LineSettings) -> None:
    """The kernel's, ser2net's and conman's spellings of one setting are equal, and it shows itself as the first."""
    baud, bits, parity, stop = settings.baud, settings.bits, settings.parity, settings.stop
    assert LineSettings.parse(str(settings)) == settings
    assert LineSettings.parse(f"{baud}{parity.upper()}{bits}{stop}") == settings
    assert LineSettings.parse(f"{baud},{bits}{parity}{stop}") == settings


@pytest.mark.parametrize(
    "text", ["", "115200", "0n8", "115200n9", "115200x8", "9600,8n", "9600 8n1", "9" * 5000 + "n8", "٣n8"]
)
def test_what_is_no_setting(text: str) -> None:
    """Anything else is refused with an example of each spelling."""
    with pytest.raises(ValueError, match="is no line setting; expected one like 115200n8, 115200n81 or 9600,8n1"):
        LineSettings.parse(text)


@pytest.mark.parametrize(
    ("text", "pace"),
    [("200 c/s", Pace(200, "c")), ("20lines/s", Pace(20, "lines")), ("0.5 lines/s", Pace(0.5, "lines"))],
)
def test_a_pace(text: str, pace: Pace) -> None:
    """Characters or lines a second, which shows itself as it is read."""
    assert Pace.parse(text) == pace
    assert Pace.parse(str(pace)) == pace


@pytest.mark.parametrize("text", ["", "200", "0 c/s", "-1 c/s", "200 b/s", "1e3 c/s", "9" * 50 + " c/s", "٣ c/s"])
def test_what_is_no_pace(text: str) -> None:
    """Anything else is refused with an example of each."""
    with pytest.raises(ValueError, match="a pace such as 200 c/s or 20 lines/s"):
        Pace.parse(text)


def test_what_a_spec_shows() -> None:
    """Where the line leads, and of a command the program alone: an argument may be a secret."""
    assert str(TcpSpec("fe80::1", 7000)) == "[fe80::1]:7000"
    assert str(Rfc2217Spec("ts1", 7007)) == "ts1:7007"
    assert str(CommandSpec(("ipmitool", "-P", "secret"))) == "ipmitool"
    assert str(CommandSpec(shell="echo secret")) == "a shell command"
    assert "secret" not in repr(CommandSpec(("ipmitool", "-P", "secret"), "secret", before=(("secret",),)))
