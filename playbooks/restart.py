"""Rolling restart: the same release, node by node; the next one only when the cluster is whole again."""

from beamwright.rollout.plan import Step
from beamwright.rollout.steps import cluster_whole, roll_nodes

STEPS = (
    Step("nodes", roll_nodes),
    Step("cluster", cluster_whole, parallel=True),
)
