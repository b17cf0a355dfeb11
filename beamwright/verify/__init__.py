"""Proof afterwards: testinfra over SSH against the hosts that the fleet file declares."""

from beamwright.verify.run import Failure, Verdict, run

__all__ = ["Failure", "Verdict", "run"]
