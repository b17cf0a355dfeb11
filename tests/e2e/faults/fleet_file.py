"""The fleet that is disturbed: small, one node a host, with short times."""

from __future__ import annotations

from collections.abc import Mapping

KEEP = 2
LEASE_SECONDS = 10

_NODE = {
    "start_seconds": "40",
    "stop_seconds": "20",
    "watchdog_seconds": "60",
    "health": "{ interval = 1 }",
}
_DEPLOY = {
    "keep": str(KEEP),
    "lease_seconds": str(LEASE_SECONDS),
    "cluster_seconds": "20",
    "soak_seconds": "0",
}


def fleet_text(
    hosts: int,
    env: Mapping[str, str] | None = None,
    node: Mapping[str, str] | None = None,
    deploy: Mapping[str, str] | None = None,
) -> str:
    """fleet.toml; `node` and `deploy` are more keys of those tables, their values as TOML has them."""
    variables = ", ".join(f'{name} = "{value}"' for name, value in (env or {}).items())
    return f"""\
inventory = "inventory.toml"

[project]
name = "bolt"
source = "bolt"
tool = "rebar3"

[node]
env = {{ {variables} }}
{_lines({**_NODE, **(node or {})})}

[sidecar]
enabled = false

[ssh]
user = "deploy"
key = "id_ed25519"
known_hosts = "known_hosts"
connect_seconds = 5

[deploy]
{_lines({**_DEPLOY, **(deploy or {})})}

[clusters.ams.hosts]
{_lines({f"ams{number}": "{}" for number in range(1, hosts + 1)})}
"""


def _lines(values: Mapping[str, str]) -> str:
    return "\n".join(f"{key} = {value}" for key, value in values.items())
