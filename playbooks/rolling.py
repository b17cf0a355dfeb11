"""Deploy: everything to all hosts first, then batch by batch and node by node into use.

Before the first step every host has been looked at and locked. A step that fails ends the roll-out, and
what it has switched goes back; see beamwright/rollout/turn_back.py.
"""

from beamwright.rollout.nodes import rest_whole, roll_nodes
from beamwright.rollout.plan import Step
from beamwright.rollout.steps import confirm, retire, roll_sidecars, stage, start_sidecars

STEPS = (
    Step("stage", stage, parallel=True),
    Step("sidecars that do not run", start_sidecars, parallel=True),
    Step("sidecars", roll_sidecars),
    Step("nodes", roll_nodes, parallel=True),
    Step("cluster", rest_whole, parallel=True),
    Step("confirm", confirm, parallel=True),
    Step("retire", retire, parallel=True),
)
