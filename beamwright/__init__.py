"""Beamwright: from a BEAM source tree to a fleet of machines that runs it."""
