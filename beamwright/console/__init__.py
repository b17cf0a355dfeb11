"""What people see: phases, a line per host, tables, one clear error. Results go to standard output,
everything else to standard error, so that `--json` stays alone on standard output."""

from beamwright.console.screen import Screen

__all__ = ["Screen"]
