"""Rolling restart: the same release, node by node; the next one only when the cluster is whole again."""

from beamwright.rollout.nodes import rest_whole, roll_nodes
from beamwright.rollout.plan import Step

STEPS = (
    Step("nodes", roll_nodes, parallel=True),
    Step("cluster", rest_whole, parallel=True),
)
