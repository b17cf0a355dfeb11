"""The fleet's secret files: made once, kept out of git, read only when nobody else can.

secrets/            0700
├── .gitignore      `*`
├── cookie          Erlang cookie of the nodes
├── rabbitmq_cookie Erlang cookie of the sidecars
├── amqp_password   password of the nodes' AMQP user
└── signing_key     SSH key that signs artifacts, with its public half in signing_key.pub
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from pathlib import Path

from beamwright.command import Secret
from beamwright.errors import ConfigError
from beamwright.fleet import signers
from beamwright.fleet.model import Fleet, Registry

_BYTES = 32
"""256 bits; as hex digits, which need no quoting anywhere and fit into a cookie (an atom, 255 characters)."""

_SHORTEST = 32
"""Characters of a secret that guards the whole cluster."""


def ensure(fleet: Fleet) -> tuple[Path, ...]:
    """Makes the secret files that are missing, and returns the paths of what was made.

    With the key that signs comes the file of allowed signers, which is none. What exists stays as it is.
    """
    _make_folder(fleet.secrets)
    wanted = (fleet.cookie, fleet.sidecar_cookie, fleet.amqp_password)
    return (*(path for path in wanted if _make(path)), *signers.ensure(fleet))


def _make_folder(folder: Path) -> None:
    """A new folder is for its owner alone, and hidden from git, where secrets end up by accident."""
    if folder.is_dir():
        return
    try:
        folder.mkdir(mode=0o700, parents=True)
        (folder / ".gitignore").write_text("*\n")
    except OSError as error:
        raise ConfigError(f"{folder}: can't be made a folder for secrets: {error.strerror}") from error


def _make(path: Path) -> bool:
    """Whether the file was missing and is there now, whole: written beside and linked to its name.

    link(2) refuses when another process was faster, and a crash leaves no half-written secret behind.
    """
    if path.exists():
        return False
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with open(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:  # noqa: PTH123
            file.write(secrets.token_hex(_BYTES) + "\n")
        path.hardlink_to(beside)
    except FileExistsError:
        return False
    except OSError as error:
        raise ConfigError(f"{path}: can't be written: {error.strerror}") from error
    finally:
        beside.unlink(missing_ok=True)
    return True


def read(path: Path) -> Secret:
    """A cookie or a password: one word, long enough. ConfigError says what is wrong, never what it holds."""
    text = read_credential(path).reveal().rstrip("\n")
    if len(text.split()) != 1 or text != text.strip():
        raise ConfigError(f"{path}: a secret of the fleet is one word, without spaces", hint=_anew(path))
    if len(text) < _SHORTEST:
        raise ConfigError(
            f"{path}: the secret is shorter than {_SHORTEST} characters, easy to guess", hint=_anew(path)
        )
    return Secret(text)


def read_credential(path: Path) -> Secret:
    """Any secret text, such as a key in PEM: ConfigError when it is missing, empty or open to others."""
    try:
        mode = path.stat().st_mode
        text = path.read_text("utf-8")
    except FileNotFoundError:
        raise ConfigError(f"{path}: the secret is missing", hint=_anew(path)) from None
    except OSError as error:
        raise ConfigError(f"{path}: the secret can't be read: {error.strerror}") from error
    except UnicodeDecodeError:
        raise ConfigError(f"{path}: the secret is not text in UTF-8") from None
    if mode & 0o077:
        raise ConfigError(f"{path}: others can read this secret", hint=f"chmod 600 {path}")
    if not text.strip():
        raise ConfigError(f"{path}: the secret is empty", hint=_anew(path))
    return Secret(text)


def read_shipped(fleet: Fleet, path: Path) -> Secret:
    """One that a deploy ships: the fleet's own as `read` has it, a user's as `read_credential` has it."""
    return (read if path in _own(fleet) else read_credential)(path)


def _own(fleet: Fleet) -> tuple[Path, ...]:
    """What `ensure` makes and something reads; without a sidecar its files may hold any text."""
    sidecar = (fleet.sidecar_cookie, fleet.amqp_password) if fleet.sidecar.enabled else ()
    return (fleet.cookie, *sidecar)


def needs(fleet: Fleet) -> Iterator[tuple[str, ConfigError | None]]:
    """Each secret that a deploy reads, with what is wrong with it."""
    users = (path for host in fleet.hosts for _, path in host.settings.secrets)
    for path in dict.fromkeys((*_own(fleet), *users)):
        text = f"the secret {path.name} is there, for its owner alone"
        try:
            read_shipped(fleet, path)
        except ConfigError as error:
            yield text, error
        else:
            yield text, None


def login(registry: Registry) -> tuple[str, Secret] | None:
    """The user and the password for the registry; None when it names no user."""
    if registry.user is None or registry.password is None:
        return None
    return registry.user, Secret(read_credential(registry.password).reveal().strip())


def in_the_clear(registry: Registry) -> str:
    """What there is to be said of a password that leaves this machine without TLS; else nothing."""
    if not registry.insecure or registry.user is None:
        return ""
    return (
        f"registry.insecure: the password of {registry.user} goes over plain HTTP, for everybody on the way "
        "to read; with TLS and registry.ca it does not"
    )


def _anew(path: Path) -> str:
    return f"`beamwright init` makes the fleet's own secrets where they are missing; put yours into {path}"
