"""The pace of one roll-out: what its flags say otherwise than [deploy] of the fleet file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from pydantic import ValidationError

from beamwright.errors import ConfigError
from beamwright.fleet.explain import defect
from beamwright.fleet.model import Fleet
from beamwright.fleet.share import amount, amounts
from beamwright.fleet.tables import DeploySpec


def paced(fleet: Fleet, flags: Mapping[str, str]) -> Fleet:
    """The fleet with `batch`, `max_fail`, `min_ready`, `on_fail` in place of its own; empty ones say nothing.

    ConfigError names the flag whose value is wrong.
    """
    given = {name: value for name, value in flags.items() if value}
    try:
        DeploySpec.model_validate(given)
    except ValidationError as error:
        wrong = defect(DeploySpec, error.errors()[0])
        flag = str(wrong.key[0]).replace("_", "-")
        raise ConfigError(f"--{flag}: {wrong.what}", hint=wrong.hint) from None
    deploy = fleet.deploy
    deploy = replace(
        deploy,
        batch=amounts(given["batch"]) if "batch" in given else deploy.batch,
        max_fail=amount(given["max_fail"]) if "max_fail" in given else deploy.max_fail,
        min_ready=amount(given["min_ready"]) if "min_ready" in given else deploy.min_ready,
        on_fail=given.get("on_fail", deploy.on_fail),
    )
    return replace(fleet, deploy=deploy)
