"""`tls:` what is read, and what is said where its files are wrong: made by the real openssl."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from consolesvc.config.access import Tls
from consolesvc.config.certificate import validity
from consolesvc.config.load import load
from consolesvc.config.tls_context import load_tls
from consolesvc.errors import ConfigurationError
from tests.certificates import DAY, Authority, Pair, openssl


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


@pytest.fixture
def pair(authority: Authority) -> Pair:
    """`console.pem` and `console.key`, beside the configuration."""
    return authority.issue("console")


def said(folder: Path, text: str) -> list[str]:
    """What `load` says, a problem a line, without the folder."""
    (folder / "lab.yaml").write_text(text)
    with pytest.raises(ConfigurationError) as caught:
        load(folder / "lab.yaml")
    return str(caught.value).replace(f"{folder}/", "").split("\n")


def test_one_for_both_ports(tmp_path: Path, pair: Pair) -> None:
    """At the top level it holds for both; a port of its own has what it says, and `false` is none."""
    (tmp_path / "lab.yaml").write_text("tls: {cert: console.pem, key: console.key}\napi: {tls: false}")
    config = load(tmp_path / "lab.yaml")
    assert config.tls_of(config.proxy) == pair.tls
    assert config.tls_of(config.api) is None
    (tmp_path / "lab.yaml").write_text("proxy: {tls: {cert: console.pem, key: console.key, min_version: 1.3}}")
    config = load(tmp_path / "lab.yaml")
    assert config.tls_of(config.proxy) == Tls(pair.cert, pair.key, "1.3")
    assert config.tls_of(config.api) is None
    (tmp_path / "lab.yaml").write_text("tls: false")
    assert load(tmp_path / "lab.yaml").tls is None


def test_a_key_in_the_certificate_s_file(tmp_path: Path, pair: Pair) -> None:
    """One file with both, as HAProxy has it."""
    (tmp_path / "both.pem").write_bytes(pair.cert.read_bytes() + pair.key.read_bytes())
    (tmp_path / "lab.yaml").write_text("tls: {cert: both.pem}")
    assert load(tmp_path / "lab.yaml").tls == Tls(tmp_path / "both.pem")


WRONG = [
    ("tls: {}", "tls: `cert` is missing, expected something like `tls: {cert: console.pem, key: console.key}`"),
    ("tls: true", "tls: found true, expected a mapping such as {cert: console.pem, key: console.key}, or false"),
    ("tls: on.pem", "tls: found 'on.pem', expected a mapping such as {cert: console.pem, key: console.key}, or false"),
    ("tls: {cert: nix.pem}", "tls.cert: nix.pem is no file"),
    ("tls: {cert: .}", "tls.cert: FOLDER is a directory, expected a file in PEM"),
    ("tls: {cert: console.pem, min_version: 1.1}", "tls.min_version: found 1.1, expected one of 1.2, 1.3"),
    (
        "tls: {cert: console.key}",
        "tls.cert: console.key holds no certificate, expected PEM with `-----BEGIN CERTIFICATE-----`",
    ),
    (
        "tls: {cert: der.pem, key: console.key}",
        (
            "tls.cert: der.pem holds no certificate, expected PEM with `-----BEGIN CERTIFICATE-----`; "
            "it looks like DER, which `openssl x509 -inform der` turns into PEM"
        ),
    ),
    (
        "tls: {cert: console.pem}",
        (
            "tls.cert: console.pem holds no private key, expected PEM with `-----BEGIN PRIVATE KEY-----`, "
            "or `key` beside it"
        ),
    ),
    (
        "tls: {cert: console.pem, key: ca/ca.pem}",
        "tls.key: ca/ca.pem holds no private key, expected PEM with `-----BEGIN PRIVATE KEY-----`",
    ),
    (
        "tls: {cert: console.pem, key: other.key}",
        (
            "tls.key: the key in other.key is not that of the certificate in console.pem; "
            "the first one there is to be the server's own, its chain comes after it"
        ),
    ),
    (
        "tls: {cert: console.pem, key: rsa.key}",
        (
            "tls.key: the key in rsa.key is not that of the certificate in console.pem; "
            "the first one there is to be the server's own, its chain comes after it"
        ),
    ),
    (
        "tls: {cert: console.pem, key: secret.key}",
        (
            "tls.key: the key in secret.key is encrypted, expected one without a passphrase; "
            "`openssl pkey -in OLD -out NEW` takes its passphrase away"
        ),
    ),
    ("tls: {cert: broken.pem, key: console.key}", "tls.cert: broken.pem: what is marked as a certificate is none"),
    (
        "tls: {cert: console.pem, key: console.key, ciphers: ROT13}",
        (
            "tls.ciphers: found 'ROT13', of which no cipher comes, expected OpenSSL's names with colons between them, "
            "as `openssl ciphers` lists them"
        ),
    ),
    (
        "tls: {cert: console.pem, key: console.key, client_ca: console.pem}",
        (
            "tls.client_ca: no certificate in console.pem is that of a CA, "
            "expected the CA that issued the clients' certificates"
        ),
    ),
    (
        "tls: {cert: console.pem, key: console.key, client_ca: console.key}",
        "tls.client_ca: console.key holds no certificate, expected PEM with `-----BEGIN CERTIFICATE-----`",
    ),
    (
        "api: {tls: {cert: console.pem, key: console.key}, listen: 127.0.0.1:1}\nproxy: {listen: 127.0.0.1:1}",
        "api.tls: 127.0.0.1:1 is one port for both, and speaks TLS for both or none; say it in one place",
    ),
    (
        "tls: {cert: console.pem, key: console.key, ca: x}",
        (
            "tls: unknown key `ca`; did you mean `client_ca`? "
            "the server's own chain stands behind its certificate in `cert`"
        ),
    ),
]


@pytest.mark.parametrize(("text", "expected"), WRONG)
def test_what_is_wrong_is_said(tmp_path: Path, authority: Authority, pair: Pair, text: str, expected: str) -> None:
    """The key, the file, and what was expected of it."""
    authority.issue("other")
    openssl("x509", "-in", pair.cert, "-outform", "der", "-out", tmp_path / "der.pem")
    openssl("genrsa", "-out", tmp_path / "rsa.key", "2048")
    openssl("pkey", "-in", pair.key, "-aes128", "-passout", "pass:x", "-out", tmp_path / "secret.key")
    (tmp_path / "broken.pem").write_text("-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n")
    assert said(tmp_path, text) == [f"lab.yaml:1: {expected.replace('FOLDER', str(tmp_path))}"]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
def test_what_may_not_be_read_is_said_with_owner_mode_and_who_asks() -> None:
    """What a service's user meets at /etc/ssl/private: the key's own mode, or the folder that bars the way to it."""
    with tempfile.TemporaryDirectory() as path:  # pytest's own are closed to other users
        folder = Path(path).resolve()
        folder.chmod(0o755)
        pair = Authority(folder).issue("console")
        pair.key.chmod(0o600)
        (folder / "private").mkdir(mode=0o700)
        (folder / "lab.yaml").write_text("tls: {cert: console.pem, key: console.key}\n")
        who = "consolesvc runs as uid 65534, which may not read it"
        assert checked_as_nobody(folder) == f"lab.yaml:1: tls.key: {pair.key} is root:root 0600; {who}\n"
        hidden = folder / "private" / "console.key"
        assert checked_as_nobody(folder, "--set", f"tls.key={hidden}") == (
            f"--set: tls.key: {hidden.parent} is root:root 0700 and bars the way to {hidden}; {who}\n"
        )


def checked_as_nobody(folder: Path, *words: str) -> str:
    """What `check` says to a user without rights. It imports as root: the checkout need not be readable by that one."""
    code = (
        "import encodings.utf_8_sig, os, sys, consolesvc.cli.check, consolesvc.config.tls_context\n"
        "from consolesvc.cli import main\n"
        "os.setgroups([]); os.setgid(65534); os.setuid(65534); sys.exit(main(['check', 'lab.yaml', *sys.argv[1:]]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, *words], cwd=folder, capture_output=True, text=True, timeout=20, check=False
    )
    assert done.returncode == 2, done.stderr
    return done.stderr


def test_from_when_to_when(authority: Authority) -> None:
    """As openssl was told; also beyond 2049, from when on certificates write years with four digits."""
    for seconds in (3600.0, 40 * 365 * DAY):
        made = authority.issue("x", begin=-60, seconds=seconds)
        found = validity(made.cert.read_text())
        assert found.begin == pytest.approx(time.time() - 60, abs=10)
        assert found.end == pytest.approx(time.time() + seconds, abs=10)
        assert found == load_tls(made.tls).validity
        assert found.trouble(time.time()) == ""
    assert found.trouble(found.end + 1).startswith("has expired: it was good until 20")
    assert found.trouble(found.begin - 1).startswith("is good only from 20")
    with pytest.raises(ValueError, match="no certificate in PEM"):
        validity("")
