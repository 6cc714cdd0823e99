"""Keys that people write and that do not exist here: what they most likely meant."""

from __future__ import annotations

from collections.abc import Collection

from consolesvc.config.nearest import nearest

_LISTEN = "an address and a port are one key: `listen: 127.0.0.1:{port}`"
_SETTINGS = "did you mean `settings: 9600n8`? speed, parity and bits are one key"
_DEVICE = "did you mean `device`?"
_ARGV = "did you mean `argv`?"
_ENV_FILE = "did you mean `env_file`? secrets stand in a file of KEY=VALUE lines, never on a command line"
_TLS = "did you mean `tls: {cert: console.pem, key: console.key}`?"
_AT_THE_TOP = "it stands at the top level, for both ports"
_UNDER_LINE = "it belongs under `line`"

# By the key that is meant: a hint helps only where the line has that key.
_FOR_LINE = {
    "settings": (("parity", "bits", "databits", "bytesize", "stop", "stopbits", "framing", "options"), _SETTINGS),
    "flow": (("hardware_flow", "crtscts", "rtscts"), "did you mean `flow: rtscts`?"),
    "device": (("port", "tty", "dev", "path"), _DEVICE),
    "argv": (("command", "cmd", "exec", "program", "args"), _ARGV),
    "env_file": (("env", "environment", "password", "password_file"), _ENV_FILE),
}
_XONXOFF = "did you mean `flow: xonxoff`?"
_LINE_KEYS = ("type", "device", "settings", "flow", "pace", "host", "port", "argv", "guest")
_SPEEDS = ("baud", "baudrate", "baud_rate", "bps", "speed")

_HINTS = {
    **dict.fromkeys(("api.port", "api.host", "api.bind", "api.address"), _LISTEN.format(port=8774)),
    **dict.fromkeys(("proxy.port", "proxy.host", "proxy.bind", "proxy.address"), _LISTEN.format(port=6083)),
    **dict.fromkeys(("host", "port", "bind", "listen"), "did you mean `listen` under `api` or `proxy`?"),
    "base_url": "it belongs under `proxy`",
    "prefix": "it belongs under `api`",
    "api.trusted_proxies": _AT_THE_TOP,
    "proxy.trusted_proxies": _AT_THE_TOP,
    "proxy.prefix": "did you mean a path in `base_url`? the proxy is found on any",
    **dict.fromkeys(("ssl", "https", "cert", "certificate"), _TLS),
    **dict.fromkeys(("api.ssl", "api.cert", "proxy.ssl", "proxy.cert"), _TLS),
    "tls.ca": "did you mean `client_ca`? the server's own chain stands behind its certificate in `cert`",
    "tls.chain": "it stands behind the server's certificate in `cert`",
    "proxy.url": "did you mean `base_url`?",
    "auth": "did you mean `identity`?",
    "consoles": "did you mean `servers`?",
    "devices": "did you mean `servers`?",
    "allow_remote": "it belongs under `identity`",
    "identity.allow_remote": "it is for `type: none` alone; with any other type, the API may listen anywhere",
    **dict.fromkeys(
        ("servers[].power.cycle", "servers[].power.reboot", "servers[].power.restart"), "did you mean `reset`?"
    ),
    "servers[].power.start": "did you mean `on`?",
    "servers[].power.stop": "did you mean `off`?",
    "servers[].power.poll": "it belongs under `power` at the top: it is the same for all servers",
    "servers[].power.password": _ENV_FILE,
    "servers[].power.env": _ENV_FILE,
    "servers[].uuid": "did you mean `id`?",
    "servers[].project": "did you mean `project_id`?",
    "servers[].tenant_id": "did you mean `project_id`?",
    **{f"servers[].{key}": _UNDER_LINE for key in (*_LINE_KEYS, *_SPEEDS)},
    "defaults.settings": _UNDER_LINE,
}


def hint(path: str, name: str, scalar: str, known: Collection[str]) -> str:
    """What to do about the unknown key `name`.

    Args:
        path: Its dotted path without indexes.
        name: The key itself.
        scalar: Its value as written, empty where that is a mapping or a list.
        known: The keys that exist there.
    """
    if path in _HINTS:
        return _HINTS[path]
    if path.rpartition(".")[0] in ("servers[].line", "defaults.line"):
        if name in _SPEEDS and "settings" in known:
            speed = scalar if scalar.isascii() and scalar.isdigit() and len(scalar) < 9 else "9600"  # noqa: PLR2004 - as many digits as a speed may have
            return f"did you mean `settings: {speed}n8`?"
        if name in ("software_flow", "xonxoff") and "flow" in known:
            return _XONXOFF
        for key, (words, sentence) in _FOR_LINE.items():
            if key in known and name in words:
                return sentence
    names = sorted(known)
    near = nearest(name.lower(), names)
    return f"did you mean `{near}`?" if near else f"known here: {', '.join(names)}"
