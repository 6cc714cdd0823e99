"""Substitutions, as conserver.cf(5) has them under devicesubst."""

from __future__ import annotations

import pytest

from consolesvc.moving.conserver.substitution import substitute

VALUES: dict[str, str | int] = {"c": "web1", "h": "ts1", "r": "rack", "p": 4, "P": 2004, "b": 9600}


@pytest.mark.parametrize(
    ("text", "specification", "made"),
    [
        ("/dev/ttyC.", ".=Pd", "/dev/ttyC2004"),
        ("/dev/tty%", "%=p03d", "/dev/tty004"),
        ("a#b", "#=p3d", "a  4b"),
        ("telnet H P", "H=hs,P=Pd", "telnet ts1 2004"),
        ("&/@/~", "&=cs,@=rs,~=b6d", "web1/rack/  9600"),
        ("#", "#=Px", "7d4"),
        ("#", "#=PX", "7D4"),
        ("#", "#=Pa", "1jo"),
        ("#", "#=PA", "1JO"),
        ("&", "&=c8s", "    web1"),
        ("=", "==pd", "4"),
    ],
)
def test_what_is_made(text: str, specification: str, made: str) -> None:
    """Text and numbers, in every format and width."""
    assert substitute(text, specification, VALUES) == made


@pytest.mark.parametrize(
    ("specification", "why"),
    [
        (".", "'.' is no substitution, expected one such as .=P02d"),
        (".=Pq", "'.=Pq' is no substitution, expected one such as .=P02d"),
        (".=zd", "zd in '.=zd' is no value and format that conserver has"),
        (".=Ps", "Ps in '.=Ps' is no value and format that conserver has"),
        (".=cd", "cd in '.=cd' is no value and format that conserver has"),
        (".=Pd,.=pd", "'.' is substituted twice"),
        (".=P9999d", "'.=P9999d' is too wide"),
    ],
)
def test_what_is_none(specification: str, why: str) -> None:
    """Said in words."""
    with pytest.raises(ValueError, match=r"substitut|format|wide") as caught:
        substitute("x.", specification, VALUES)
    assert str(caught.value) == why
