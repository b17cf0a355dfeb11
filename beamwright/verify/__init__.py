"""Proof afterwards: testinfra over SSH against the hosts that the fleet file declares."""

from beamwright.verify.run import Failure, Verdict, run
from beamwright.verify.sandbox import judge

__all__ = ["Failure", "Verdict", "judge", "run"]
