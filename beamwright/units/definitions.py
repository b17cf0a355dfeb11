"""What RabbitMQ imports at its start: the nodes' user, and the queues, exchanges and policies of the project.

https://www.rabbitmq.com/docs/definitions
"""

from __future__ import annotations

import hashlib
import json
from base64 import b64encode
from typing import Any

from beamwright.errors import ConfigError
from beamwright.fleet import Fleet, secrets

_VHOST = "/"


def definitions(fleet: Fleet) -> str:
    """definitions.json: the user's own, with the AMQP user of the nodes, who may do everything in vhost `/`.

    The same fleet gives the same text: RabbitMQ imports it again only when it has changed.
    """
    found = _read(fleet)
    user = fleet.sidecar.user
    taken = {each.get("name") for each in found["users"]} & {user, "guest"}
    if taken:
        raise ConfigError(
            f"{fleet.sidecar.definitions}: users: {taken.pop()} is not for a definitions file to set",
            hint="leave it out: Beamwright makes the nodes' user, and none is called guest",
        )
    found["users"].append(_user(user, secrets.read(fleet.amqp_password).reveal()))
    found["permissions"].append(
        {"user": user, "vhost": _VHOST, "configure": ".*", "write": ".*", "read": ".*"}
    )
    if not any(each.get("name") == _VHOST for each in found["vhosts"]):
        found["vhosts"].append({"name": _VHOST})
    return json.dumps(found, indent=1, sort_keys=True) + "\n"


def _user(name: str, password: str) -> dict[str, Any]:
    """A user without tags, so not one of the management interface."""
    return {
        "name": name,
        "password_hash": password_hash(name, password),
        "hashing_algorithm": "rabbit_password_hashing_sha256",
        "tags": [],
    }


def password_hash(name: str, password: str) -> str:
    """Base64 of a salt and the sha256 of salt and password (https://www.rabbitmq.com/docs/passwords).

    The salt comes from the user's name, so that the same password gives the same definitions.
    """
    salt = hashlib.sha256(name.encode()).digest()[:4]
    return b64encode(salt + hashlib.sha256(salt + password.encode()).digest()).decode()


def _read(fleet: Fleet) -> dict[str, Any]:
    """The user's definitions, with the lists that ours go into."""
    path = fleet.sidecar.definitions
    found: Any = {}
    if path is not None:
        try:
            found = json.loads(path.read_text("utf-8"))
        except (OSError, ValueError) as exc:
            raise ConfigError(
                f"sidecar.definitions: {path}: {exc}", hint="a JSON file, such as RabbitMQ exports"
            ) from exc
    if not isinstance(found, dict):
        raise ConfigError(f"sidecar.definitions: {path} holds no JSON object", hint="see RabbitMQ's export")
    for key in ("users", "permissions", "vhosts"):
        values = found.setdefault(key, [])
        if not isinstance(values, list) or not all(isinstance(each, dict) for each in values):
            raise ConfigError(f"sidecar.definitions: {path}: {key} is no array of objects")
    return found
