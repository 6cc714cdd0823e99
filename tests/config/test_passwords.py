"""Password hashes."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consolesvc.config.passwords import PasswordHash, hash_password

SALT, DIGEST = "00" * 16, "00" * 32


@given(st.text(), st.text())
def test_a_hash_matches_its_password_alone(password: str, other: str) -> None:
    """Whatever characters it has, also after being written and read; and each hash has a salt of its own."""
    made = hash_password(password, cost=1, block=1, parallel=1)
    read = PasswordHash.parse(str(made))
    assert read == made
    assert read.matches(password)
    assert read.matches(other) is (other == password)
    assert hash_password(password, cost=1, block=1, parallel=1) != made


def test_a_lone_surrogate_does_not_crash() -> None:
    """JSON can carry one; it is no one's password."""
    assert not hash_password("x", cost=1, block=1, parallel=1).matches("\ud800")


def test_it_is_scrypt_with_the_parameters_it_says() -> None:
    """Anybody can check it with another implementation."""
    made = hash_password("secret")
    name, cost, block, parallel, salt, digest = str(made).split(":")
    assert (name, cost, block, parallel) == ("scrypt", "14", "8", "5")
    other = hashlib.scrypt(b"secret", salt=bytes.fromhex(salt), n=1 << 14, r=8, p=5, dklen=32, maxmem=1 << 26)
    assert other.hex() == digest
    assert repr(made) == "<PasswordHash>"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "hunter2",
        f"scrypt:0:8:1:{SALT}:{DIGEST}",
        f"scrypt:14:8:1:{SALT}:",
        f"scrypt:14:8:1:00:{DIGEST}",
        f"scrypt:14:8:1:{SALT}:{DIGEST}:",
        f"scrypt:14:8:1:{SALT}0:{DIGEST}",
        f"scrypt:21:1:1:{SALT}:{DIGEST}",
        f"scrypt:18:8:1:{SALT}:{DIGEST}",
        f"scrypt:2:33:1:{SALT}:{DIGEST}",
        f"scrypt:2:1:17:{SALT}:{DIGEST}",
        f"scrypt:14:8:1:{SALT}:{DIGEST}\n",
        f"md5:14:8:1:{SALT}:{DIGEST}",
    ],
)
def test_what_is_no_hash(text: str) -> None:
    """Nor one that would take more memory or time than a login may; what it was is not said."""
    with pytest.raises(ValueError, match=r"^(no|a) password hash") as caught:
        PasswordHash.parse(text)
    assert not text or text not in str(caught.value)
