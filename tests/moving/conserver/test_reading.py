"""Odd and broken files of conserver's: the real one and we make the same consoles of them."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from consolesvc.moving.conserver.consoles import read_conserver
from tests.moving.conserver.real import as_conserver_says, moved_from, needs_conserver, one_space, read_by_conserver


@needs_conserver
@pytest.mark.parametrize(
    "text",
    [
        "console a { type exec }console b { type exec; }",
        "console a { typo exec; type exec; }",
        "console a { type exec; ; exec x; }",
        'default d { exec x; exec ""; } default e { exec y; include d; } console a { type exec; include e; }',
        "default d { type exec; } DEFAULT D { type exec; exec z; } console a { include D; }",
        'console a { type exec; exec "a  " ; } console b { type exec; exec x\\ \\ ; }',
        "console a { type exec; exec a  # no\n  b; }",
        "console a { type exec; #c }\n } #include more.cf\nconsole c { type exec; }",
        "console a { type host; host h; port 3; portbase 4; portinc 5; } console b { type host; host h; port 0; }",
        "console a { type exec; }\ndefault * { exec late; master localhost; }\nconsole b { type exec; }",
        "console a { type exec; exec \"one\"; exec 'two'; }",
    ],
)
def test_odd_files_are_read_as_the_real_one_reads_them(tmp_path: Path, text: str) -> None:
    """Comments, quotes, orders, what is broken."""
    (tmp_path / "more.cf").write_text("console more { master localhost; type exec; exec more; }\n")
    # The real one looks for an included file in its own folder.
    text = text.replace("more.cf", str(tmp_path / "more.cf"))
    moved = moved_from(tmp_path, f"default * {{ master localhost; }}\n{text}\n")
    real = read_by_conserver(tmp_path / "conserver.cf")
    ours = {entry.name: as_conserver_says(entry) for entry in moved.entries}
    assert ours == {name: (kind, one_space(rest)) for name, (kind, rest) in real.consoles.items()}


NAMES = st.sampled_from(["a", "b", "A", "web 1", "x.y", "*"])
VALUES = st.text('ab01 \\"#{};\n\t&.', max_size=8)
KEYWORDS = st.sampled_from(["exec", "include", "type", "host", "port", "portbase", "EXEC", "bogus", "aliases"])
STATEMENTS = st.tuples(KEYWORDS, VALUES, st.sampled_from([";", ";", ";", "; ", ""]))
BLOCKS = st.tuples(st.sampled_from(["console", "default", "Console"]), NAMES, st.lists(STATEMENTS, max_size=4))


@needs_conserver
@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(BLOCKS, min_size=1, max_size=4))
def test_any_blocks_are_read_as_the_real_one_reads_them(
    blocks: list[tuple[str, str, list[tuple[str, str, str]]]],
) -> None:
    """Of many files, most of them broken, both make the same consoles of type exec."""
    text = "default * { master localhost; type exec; }\n"
    for kind, name, statements in blocks:
        body = "".join(f"{keyword} {value}{end}" for keyword, value, end in statements)
        text += f"{kind} {name} {{ {body} }}\n"
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "conserver.cf"
        file.write_text(text)
        moved, real = read_conserver(file), read_by_conserver(file)
    ours = {entry.name: one_space(as_conserver_says(entry)[1]) for entry in moved.entries}
    assert ours == {name: one_space(rest) for name, (_, rest) in real.consoles.items()}, text
