"""How the workers of pytest-xdist share the tests: who needs the same hosts or builds goes to one of them."""

from __future__ import annotations

from xdist.scheduler import LoadScopeScheduling
from xdist.workermanage import WorkerController

E2E = "tests/e2e/"
TOGETHER = {
    "faults": ("faults/",),
    "road": ("test_road.py", "test_rollout.py", "test_host.py"),
    "machine": ("test_machine.py",),
    "examples": (
        *("test_build.py", "test_by_hand.py", "test_images.py", "test_reproducible.py"),
        *("test_sbom.py", "test_terminal.py", "test_tree.py"),
    ),
}
"""Scope → what of E2E is in it; any other file is a scope of its own. The longest are named first.

The first two wait for nodes and leases: they go well beside each other, and before what wants both cores.
"""


def scope(nodeid: str) -> str:
    """The scope that a test is of; one worker does all of a scope."""
    file = nodeid.partition("::")[0]
    for name, parts in TOGETHER.items():
        if file.startswith(tuple(E2E + part for part in parts)):
            return name
    return file


def turn(scope: str) -> int:
    """When a scope is handed out: first those named above, then other long ones, last the many short ones."""
    if scope in TOGETHER:
        return [*TOGETHER].index(scope)
    return len(TOGETHER) + (not scope.startswith(E2E))


class Scopes(LoadScopeScheduling):  # type: ignore[misc]  # xdist has no types
    """Hands out the scopes, the longest first: so the workers end at about the same time."""

    def _split_scope(self, nodeid: str) -> str:
        return scope(nodeid)

    def _assign_work_unit(self, node: WorkerController) -> None:
        self.workqueue.move_to_end(min(self.workqueue, key=turn), last=False)
        super()._assign_work_unit(node)
