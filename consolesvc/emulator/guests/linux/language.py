"""The shell's language: a line into commands, quotes and all, before anything is expanded or run.

A script is pipelines joined by `;`, `&&` and `||`; a pipeline is commands joined by `|`; a command is words and
redirections. Words keep their quotes: expansion comes when they are run, and needs to know.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final, NamedTuple

OPERATORS: Final = ("&&", "||", ">>", "2>&1", "2>", ";", "|", ">", "<", "&", "(", ")")
JOINTS: Final = (";", "&&", "||")
REDIRECTIONS: Final = (">", ">>", "<", "2>", "2>&1")
KEYWORDS: Final = ("if", "then", "else", "fi", "for", "while", "until", "do", "done", "case", "esac", "function", "{")


class Unfinished(Exception):
    """A quote or `$(` is open at the end of the line."""


class SyntaxProblem(Exception):
    """The line is no script; the text says where."""


class Token(NamedTuple):
    """A word with its quotes, or an operator."""

    text: str
    is_operator: bool = False


_VARIABLE = re.compile(r"\$(?:[A-Za-z_]\w*|[?$#!0-9@*])", re.ASCII)
_PIPE: Final = Token("|", is_operator=True)


class Redirection(NamedTuple):
    """`operator` as in REDIRECTIONS; `word` names the file, with its quotes; empty for `2>&1`."""

    operator: str
    word: str = ""


@dataclass(slots=True)
class Simple:
    """One command: its words, with their quotes, and its redirections in order."""

    words: list[str] = field(default_factory=list)
    redirections: list[Redirection] = field(default_factory=list)


class Pipeline(NamedTuple):
    """Commands whose output flows into each other; `joint` says when it runs after the pipeline before."""

    joint: str
    commands: list[Simple]


def parse(line: str) -> list[Pipeline]:
    """The pipelines of a line; none for an empty one.

    Raises:
        Unfinished: more is to come.
        SyntaxProblem: it is no script of this language.
    """
    tokens = tokenise(line)
    pipelines: list[Pipeline] = []
    joint = ";"
    while tokens:
        pipelines.append(Pipeline(joint, _pipeline(tokens)))
        joint = tokens.pop(0).text if tokens else ";"
        if joint not in JOINTS:
            raise SyntaxProblem(f'unexpected "{joint}": this small shell has no jobs and no subshells')
    if joint != ";":
        raise Unfinished
    return pipelines


def _pipeline(tokens: list[Token]) -> list[Simple]:
    commands = [_simple(tokens)]
    while tokens and tokens[0] == _PIPE:
        tokens.pop(0)
        if not tokens:
            raise Unfinished
        commands.append(_simple(tokens))
    return commands


def _simple(tokens: list[Token]) -> Simple:
    command = Simple()
    while tokens and not (tokens[0].is_operator and tokens[0].text not in REDIRECTIONS):
        token = tokens.pop(0)
        if token.text == "2>&1":
            command.redirections.append(Redirection(token.text))
        elif token.is_operator:
            if not tokens or tokens[0].is_operator:
                raise SyntaxProblem(_unexpected(tokens))
            command.redirections.append(Redirection(token.text, tokens.pop(0).text))
        else:
            if not command.words and token.text in KEYWORDS:
                raise SyntaxProblem(f"{token.text}: this small shell has no compound commands")
            command.words.append(token.text)
    if not command.words and not command.redirections:
        raise SyntaxProblem(_unexpected(tokens))
    return command


def _unexpected(tokens: list[Token]) -> str:
    return f'unexpected "{tokens[0].text}"' if tokens else "unexpected newline"


def tokenise(line: str) -> list[Token]:
    """Words and operators of a line, without its comment; raises Unfinished."""
    tokens: list[Token] = []
    word, at = "", 0
    while at < len(line):
        char = line[at]
        operator = next((text for text in OPERATORS if line.startswith(text, at)), None)
        if operator is not None and not (operator[0] == "2" and word):
            tokens += [Token(word)] * bool(word) + [Token(operator, is_operator=True)]
            word, at = "", at + len(operator)
        elif char.isspace():
            tokens += [Token(word)] * bool(word)
            word, at = "", at + 1
        elif char == "#" and not word:
            break
        else:
            end = quoted_end(line, at)
            word += line[at:end]
            at = end
    return tokens + [Token(word)] * bool(word)


def quoted_end(text: str, at: int) -> int:
    """Where the character, quote or `$` form that begins at `at` ends; raises Unfinished."""
    if text[at] == "\\":
        end = at + 2
    elif text[at] == "'":
        end = _after(text, "'", at + 1)
    elif text[at] == '"':
        end = at + 1
        while end < len(text) and text[end] != '"':
            end = quoted_end(text, end) if text[end] in "\\$" else end + 1
        end += 1
    elif text.startswith("$((", at):
        end = _balanced(text, at + 1)
    elif text.startswith(("$(", "`"), at):
        raise SyntaxProblem("this small shell has no command substitution")
    elif text.startswith("${", at):
        end = _after(text, "}", at)
    else:
        name = _VARIABLE.match(text, at)
        end = name.end() if name else at + 1
    if end > len(text):
        raise Unfinished
    return end


def _balanced(text: str, start: int) -> int:
    """The end of the parenthesis that opens at `start`."""
    depth = 0
    for at in range(start, len(text)):
        depth += {"(": 1, ")": -1}.get(text[at], 0)
        if depth == 0:
            return at + 1
    return len(text) + 1


def _after(text: str, closing: str, start: int) -> int:
    """The end of `closing`; beyond the text if it does not close."""
    found = text.find(closing, start)
    return len(text) + 1 if found < 0 else found + len(closing)
