"""Certificates of the tests' own, made by the real openssl command."""

from __future__ import annotations

import shutil
import ssl
import subprocess
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from consolesvc.config.access import Tls
from tests.scenarios.process import STRICT

HOSTS = "DNS:localhost,DNS:console.lab,IP:127.0.0.1"
DAY = 24 * 3600.0

_CONFIG = """\
[ca]
default_ca = ours
[ours]
database = {folder}/index.txt
new_certs_dir = {folder}
rand_serial = yes
unique_subject = no
default_md = sha256
policy = any
certificate = {folder}/ca.pem
private_key = {folder}/ca.key
copy_extensions = copy
[any]
commonName = supplied
"""


@dataclass(frozen=True)
class Pair:
    """A certificate and its key."""

    cert: Path
    key: Path

    @property
    def tls(self) -> Tls:
        """As a configuration has it."""
        return Tls(self.cert, self.key)


class Authority:
    """A CA, in a folder of its own.

    Attributes:
        cert: Its certificate.
    """

    def __init__(self, folder: Path, name: str = "ca") -> None:
        self._home = folder
        self._folder = folder / name
        self._folder.mkdir(parents=True)
        (self._folder / "index.txt").touch()
        (self._folder / "openssl.cnf").write_text(_CONFIG.format(folder=self._folder))
        self.cert = self._folder / "ca.pem"
        openssl(
            "req", "-x509", *new_key(self._folder / "ca.key"), "-out", self.cert, "-days", "30", "-subj", f"/CN={name}",
            "-addext", "basicConstraints=critical,CA:TRUE",
        )  # fmt: skip

    def issue(
        self, name: str, *, cert: str = "", key: str = "", seconds: float = DAY, begin: float = -DAY, hosts: str = HOSTS
    ) -> Pair:
        """A certificate for `hosts`, good from `begin` seconds from now on until `seconds` from now.

        Args:
            name: Its subject, and its files' name where `cert` and `key` give them none.
        """
        made = Pair(self._home / (cert or f"{name}.pem"), self._home / (key or f"{name}.key"))
        request, fresh = self._folder / f"{name}.csr", made.cert.with_suffix(".new")
        extension = ("-addext", f"subjectAltName={hosts}")
        openssl("req", *new_key(made.key), "-out", request, "-subj", f"/CN={name}", *extension)
        openssl(
            "ca", "-batch", "-notext", "-config", self._folder / "openssl.cnf", "-in", request, "-out", fresh,
            "-startdate", moment(begin), "-enddate", moment(seconds),
        )  # fmt: skip
        fresh.replace(made.cert)
        return made

    def client(self, pair: Pair | None = None) -> ssl.SSLContext:
        """What a client of this CA's servers speaks TLS with, and shows where it has a certificate."""
        context = ssl.create_default_context(cafile=str(self.cert))
        if pair is not None:
            context.load_cert_chain(pair.cert, pair.key)
        return context


def new_key(path: Path) -> tuple[str | Path, ...]:
    """The options of `openssl req` that make a new key at this path."""
    return "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", path


def moment(seconds: float) -> str:
    """A time from now on as `openssl ca` takes it."""
    return (datetime.now(UTC) + timedelta(seconds=seconds)).strftime("%Y%m%d%H%M%SZ")


def openssl(*words: str | Path) -> None:
    """Run the command; it must succeed. Skips the test where there is none, loudly, or fails it (see CONTRIBUTING)."""
    if shutil.which("openssl") is None:
        reason = "no openssl here: Debian's package openssl"
        pytest.fail(reason) if STRICT else pytest.skip(reason)
    done = subprocess.run(["openssl", *words], capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == 0, done.stderr
