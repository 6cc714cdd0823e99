"""`identity: {type: builtin}`: users with passwords from a file, and the tokens they get for them."""

from __future__ import annotations

import asyncio
import logging
import math
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from http import HTTPStatus
from pathlib import Path

from consolesvc.config.credentials import LONGEST_NAME
from consolesvc.config.passwords import BLOCK, COST, LONGEST_PASSWORD, PARALLEL, PasswordHash
from consolesvc.config.users_file import User, read_users
from consolesvc.identity.auth_request import AuthRequest, Named
from consolesvc.identity.caller import Caller
from consolesvc.identity.faults import KeystoneFault, unauthenticated
from consolesvc.identity.guesses import Guesses
from consolesvc.identity.issued import Issued, IssuedTokens
from consolesvc.identity.seam import TOKEN_HEADER, Headers, Needs, digest
from consolesvc.identity.watched import Watched
from consolesvc.tokens.store import Minter

log = logging.getLogger(__name__)

AT_ONCE = 2
"""Passwords checked at the same time: each takes a core and 16 MiB for a quarter of a second."""
WAITING = 64
"""Checks under way and waiting, at most; whoever comes then is told to come back."""


@dataclass(frozen=True, slots=True)
class Realm:
    """What the users file says, ready to be looked up. `projects`: ids by name."""

    users: Mapping[str, User]
    projects: Mapping[str, str]

    def user(self, wanted: Named) -> User | None:
        """The user of this name or id."""
        if wanted.name:
            return self.users.get(wanted.name)
        return next((user for user in self.users.values() if user.id == wanted.id), None)

    def project(self, wanted: Named) -> str | None:
        """The name of the project of this name or id."""
        if wanted.name:
            return wanted.name if wanted.name in self.projects else None
        return next((name for name, project_id in self.projects.items() if project_id == wanted.id), None)


@dataclass(frozen=True, slots=True)
class Principal:
    """A good token's owner, as the users file has them now. `project_id` and `roles` are empty without a scope."""

    issued: Issued
    user: User
    project_id: str
    roles: frozenset[str]

    @property
    def caller(self) -> Caller:
        """As the other faces know them."""
        return self.of(self.user, self.project_id, self.roles)

    @staticmethod
    def of(user: User, project_id: str, roles: frozenset[str]) -> Caller:
        """A user in a project, as the other faces know them."""
        # Of the password, and not of a token, which is over in an hour: that ends nobody's console.
        return Caller(user.id, project_id, roles, user.name, digest(str(user.password_hash)).hex())


class BuiltinIdentity:
    """Users, and the tokens they were given.

    Args:
        path: The users file (config.users_file).
        default_project: `defaults.project_id`.
        clock: Seconds since 1970, by which tokens expire.
        ticks: Seconds, monotonic, for everything else.

    Raises:
        ConfigurationError: the file is wrong.
    """

    def __init__(
        self,
        path: Path,
        *,
        default_project: str,
        clock: Callable[[], float] = time.time,
        ticks: Callable[[], float] = time.monotonic,
    ) -> None:
        self._default_project = default_project
        self._realm = Watched(path, self._read, clock=ticks)
        self._tokens = IssuedTokens(clock)
        self._guesses = Guesses(ticks)
        self._slots = asyncio.Semaphore(AT_ONCE)
        self._waiting = 0

    def __repr__(self) -> str:
        return f"<BuiltinIdentity {self._realm.path} {self._tokens!r}>"

    @property
    def realm(self) -> Realm:
        """What the users file says."""
        return self._realm.value

    @property
    def changes(self) -> int:
        """How often the users file has changed."""
        return self._realm.changes

    async def caller(self, headers: Headers) -> Caller:
        """Whose token it is."""
        principal = self.principal(headers.get(TOKEN_HEADER))
        if principal is None:
            raise unauthenticated()
        return principal.caller

    def auth_url(self, root: str) -> str:
        """Our own Keystone face."""
        return f"{root}/identity/v3"

    def lost(self, minter: Minter, needs: Needs) -> bool:
        """Whether the user, their password of then or their role in that project is in the file no more."""
        realm = self.realm
        user = realm.user(Named(id=minter.user_id))
        if user is None:
            return True
        project = realm.project(Named(id=minter.project_id)) or ""
        roles = user.roles.get(project, frozenset())
        caller = Principal.of(user, minter.project_id, roles)
        return caller.credential != minter.credential or not needs(caller)

    async def close(self) -> None:
        """Nothing to let go of."""

    def principal(self, token: str | None) -> Principal | None:
        """A token's owner; None where it is none, or the users file no longer allows what it stands for."""
        issued = self._tokens.find(token) if token else None
        return self._principal(issued) if issued is not None else None

    def revoke(self, token: str) -> None:
        """Forget a token."""
        self._tokens.revoke(token)

    async def authenticate(self, asked: AuthRequest, address: str) -> tuple[str, Principal]:
        """Give out a token.

        Args:
            asked: What was asked for.
            address: Who asked, for the limit on guessing.

        Raises:
            KeystoneFault: 401, one for every reason; 429 for who guesses; 503 with too many waiting.
        """
        parent: Issued | None = None
        if asked.user is None:
            owner = self.principal(asked.token)
            if owner is None:
                raise unauthenticated()
            user, parent = owner.user, owner.issued
        else:
            user = await self._check_password(asked.user, asked.password, address)
        project = self._scope(user, asked.project)
        if parent is not None:
            token, issued = self._tokens.issue_from(parent, project)
        else:
            token, issued = self._tokens.issue(user.name, user.password_hash, project)
        principal = self._principal(issued)
        if principal is None:  # the users file has changed while the password was being checked
            raise unauthenticated()
        return token, principal

    async def _check_password(self, named: Named, password: str, address: str) -> User:
        if self._waiting >= WAITING:
            raise KeystoneFault(HTTPStatus.SERVICE_UNAVAILABLE, "Too many logins at once.", {"Retry-After": "5"})
        self._waiting += 1
        try:
            async with self._slots:
                user = self.realm.user(named)
                key = (user.name if user is not None else (named.name or named.id)[: LONGEST_NAME + 1], address)
                self._refuse_guesser(key)
                # For an unknown user the same work is done: how long a refusal takes tells nothing.
                expected = user.password_hash if user is not None else self._nobodys()
                fits = len(password) <= LONGEST_PASSWORD
                good = await asyncio.to_thread(expected.matches, password if fits else "") and fits
                if user is None or not good:
                    self._guesses.failed(key)
                    log.info("a login as %.100r from %s was refused", key[0], address)
                    raise unauthenticated()
                self._guesses.succeeded(key)
                return user
        finally:
            self._waiting -= 1

    def _refuse_guesser(self, key: tuple[str, str]) -> None:
        wait = math.ceil(self._guesses.wait(key))
        if wait:
            message = f"Too many failed logins of this user from this address. Try again in {wait} s."
            raise KeystoneFault(HTTPStatus.TOO_MANY_REQUESTS, message, {"Retry-After": str(wait)})

    def _nobodys(self) -> PasswordHash:
        """A hash that takes as long to check as those of the file, and matches nothing."""
        for user in self.realm.users.values():
            return replace(user.password_hash, digest=secrets.token_bytes(len(user.password_hash.digest)))
        return PasswordHash(COST, BLOCK, PARALLEL, secrets.token_bytes(16), secrets.token_bytes(32))

    def _scope(self, user: User, wanted: Named | None) -> str | None:
        if wanted is None:
            return None
        project = self.realm.project(wanted)
        if project is None or project not in user.roles:
            raise unauthenticated()
        return project

    def _principal(self, issued: Issued) -> Principal | None:
        realm = self.realm
        user = realm.users.get(issued.user)
        if user is None or user.password_hash != issued.password_hash:
            return None
        if issued.project is None:
            return Principal(issued, user, "", frozenset())
        roles = user.roles.get(issued.project)
        return None if roles is None else Principal(issued, user, realm.projects[issued.project], roles)

    def _read(self, path: Path) -> Realm:
        directory = read_users(path)
        projects = directory.project_ids(self._default_project)
        if projects and self._default_project not in projects.values():
            log.warning(
                "%s: servers without a project_id of their own are in project %s, which is none of its projects; "
                "if it should be, give it this id: `projects: [{name: …, id: %s}]`",
                path,
                self._default_project,
                self._default_project,
            )
        return Realm({user.name: user for user in directory.users}, projects)
