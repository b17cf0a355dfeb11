"""The reference of fleet.toml in Markdown: docs/reference/fleet.md holds what `text()` gives."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from beamwright.fleet.schema import schema

_HEAD = """\
# fleet.toml

Every key of the fleet file. An unknown key is an error. Paths start at the file's folder, times are seconds.
Editors read [the schema](../fleet.schema.json): put `#:schema PATH` in the first line.
"""

_TABLES = (
    ("FleetSpec", "Top of the file"),
    ("ProjectSpec", "[project]"),
    ("ToolchainSpec", "[toolchain]"),
    ("ArtifactSpec", "[artifact]"),
    ("BudgetSpec", "[artifact.budget]"),
    ("RegistrySpec", "[registry]"),
    ("NodeSpec", "[node], [clusters.C.node], [clusters.C.hosts.H.node]"),
    ("HealthSpec", "health, in each of those"),
    ("SidecarSpec", "[sidecar]"),
    ("SshSpec", "[ssh]"),
    ("DeploySpec", "[deploy]"),
    ("SigningSpec", "[signing]"),
    ("VerifySpec", "[verify]"),
    ("ClusterSpec", "[clusters.C]"),
    ("HostSpec", "[clusters.C.hosts.H]"),
)
"""Name in the schema, and heading. The order of the page."""


def text() -> str:
    """The page, made from the schema."""
    whole = schema()
    tables = {**whole["$defs"], "FleetSpec": whole}
    return "\n".join([_HEAD, *(line for name, head in _TABLES for line in _section(head, tables[name]))])


def _section(head: str, table: dict[str, Any]) -> Iterator[str]:
    yield f"## {head}"
    yield " ".join(table["description"].split()) + "\n"
    yield "| key | holds | default | |"
    yield "|---|---|---|---|"
    for key, value in table["properties"].items():
        default = "required" if key in table.get("required", ()) else _default(value)
        yield f"| `{key}` | {_holds(value)} | {default} | {value['description']} |"
    yield ""


def _default(value: dict[str, Any]) -> str:
    if "default" not in value or value["default"] == "":
        return ""
    default = value["default"]
    return f"`{str(default).lower() if isinstance(default, bool) else default}`"


def _holds(value: dict[str, Any]) -> str:
    """What kind of value it is, in words."""
    if "$ref" in value:
        return "table"
    if "enum" in value:
        return " or ".join(f"`{word}`" for word in value["enum"])
    match value["type"]:
        case "integer":
            return f"{value['minimum']} to {value['maximum']}"
        case "array":
            return f"list of {_holds(value['items'])}"
        case "object":
            inner = next(iter(value["patternProperties"].values()))
            return "tables by name" if "$ref" in inner else f"{_holds(inner)}, by name"
        case "boolean":
            return "true or false"
        case _:
            return "text"
