"""beamwright_node's own tests, EUnit and Common Test with real VMs, in the toolchain that builds it."""

from __future__ import annotations

from pathlib import Path

import pytest

from beamwright.toolchain import Engine

pytestmark = pytest.mark.docker

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = "cp -r /source /tmp/node && cd /tmp/node && rebar3 do eunit, ct"


def test_eunit_and_common_test_pass(engine: Engine) -> None:
    image = engine.toolchain(None, (), print)
    container = engine.client.containers.create(
        image,
        ["sh", "-c", SCRIPT],
        environment={"HOME": "/tmp"},
        # Killed VMs are reaped by docker's init.
        init=True,
        user="1000:1000",
        volumes=[f"{ROOT / 'node'}:/source:ro"],
        network_mode="none",
        labels={"beamwright": "test"},
    )
    try:
        container.start()
        code = container.wait(timeout=600)["StatusCode"]
        output = container.logs().decode()
        assert code == 0, output
    finally:
        container.remove(force=True, v=True)
