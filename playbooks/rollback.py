"""Rollback: to a release that the hosts still have, by the same rolling way as to a new one."""

from beamwright.rollout.plan import Step
from beamwright.rollout.steps import cluster_whole, confirm, roll_nodes

STEPS = (
    Step("nodes", roll_nodes),
    Step("cluster", cluster_whole, parallel=True),
    Step("confirm", confirm, parallel=True),
)
