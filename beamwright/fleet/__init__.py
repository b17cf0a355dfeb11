"""fleet.toml as a frozen model: `load(path)` gives a Fleet, or one ConfigError that says what to mend."""

from beamwright.fleet.load import load
from beamwright.fleet.model import Cluster, Fleet, Host, Node

__all__ = ["Cluster", "Fleet", "Host", "Node", "load"]
