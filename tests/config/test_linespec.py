from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consolesvc.config.linespec import PARITIES, LineSettings

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
