"""From the configuration's type to the kind of identity that it means."""

from __future__ import annotations

from pathlib import Path

from consolesvc.config.access import IdentityBuiltin, IdentityKeystone, IdentityStatic
from consolesvc.config.model import Config
from consolesvc.identity.none import NoIdentity
from consolesvc.identity.seam import Identity


def make_identity(config: Config) -> Identity:
    """Make what `identity:` asks for; only its own module is imported (DESIGN section 3).

    Raises:
        ConfigurationError: a file that it names is wrong.
    """
    asked = config.identity
    if isinstance(asked, IdentityStatic):
        from consolesvc.identity.static import StaticTokens  # noqa: PLC0415 - only where it is asked for

        return StaticTokens(Path(asked.tokens))
    if isinstance(asked, IdentityBuiltin):
        from consolesvc.identity.builtin import BuiltinIdentity  # noqa: PLC0415 - only where it is asked for

        return BuiltinIdentity(Path(asked.users), default_project=config.defaults.project_id)
    if isinstance(asked, IdentityKeystone):
        from consolesvc.identity.keystone import Keystone  # noqa: PLC0415 - only where it is asked for

        return Keystone(asked)
    return NoIdentity()
