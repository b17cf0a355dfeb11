"""The `beamwright` program: the tasks of tasks.py under their own name."""

from __future__ import annotations

import importlib.util
import sys
from types import ModuleType

from invoke.collection import Collection
from invoke.exceptions import Exit, ParseError
from invoke.program import Program

from beamwright import resources


class Beamwright(Program):
    """An Invoke program that ends with 2 when the words on its command line make no sense."""

    def parse_core(self, argv: list[str] | None) -> None:
        """Reads the program's own flags; Python goes on keeping what it compiles, where it was told to."""
        super().parse_core(argv)
        sys.dont_write_bytecode = bool(sys.flags.dont_write_bytecode)

    def parse_tasks(self) -> None:
        """Reads the words after the program's own flags."""
        try:
            super().parse_tasks()
        except ParseError as exc:
            # Not `console --help`: a task that takes words would take that for one.
            task = exc.context.name if exc.context else None
            hint = f"--help {task}" if task else "--list"
            raise Exit(f"{exc}\nhint  {self.name.lower()} {hint}", code=2) from exc


def load_tasks() -> ModuleType:
    """tasks.py, from the top of a clone or from inside an installed wheel."""
    path = resources.root() / "tasks.py"
    spec = importlib.util.spec_from_file_location("tasks", path)
    if spec is None or spec.loader is None:
        raise ImportError(f"{path} is missing from this installation")
    module = importlib.util.module_from_spec(spec)
    sys.modules["tasks"] = module
    spec.loader.exec_module(module)
    return module


def main() -> None:
    """Runs the command line; Ctrl-C before a task has begun is no traceback either."""
    from importlib.metadata import version

    try:
        program = Beamwright(
            name="beamwright", version=version("beamwright"), namespace=Collection.from_module(load_tasks())
        )
        program.run()
    except KeyboardInterrupt:
        raise SystemExit(130) from None


if __name__ == "__main__":
    main()
