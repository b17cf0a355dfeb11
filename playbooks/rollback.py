"""Rollback: to a release that the hosts still have, by the same rolling way as to a new one."""

from beamwright.rollout.nodes import rest_whole, roll_nodes
from beamwright.rollout.plan import Step
from beamwright.rollout.steps import confirm

STEPS = (
    Step("nodes", roll_nodes, parallel=True),
    Step("cluster", rest_whole, parallel=True),
    Step("confirm", confirm, parallel=True),
)
