"""Finds the files that travel with Beamwright: images/, systemd/, playbooks/, node/.

In a clone they stand beside the package, in an installed wheel inside it. A file of the same name in the
user's project beats the built-in one.
"""

from __future__ import annotations

import functools
import importlib.util
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

_PACKAGE = Path(__file__).resolve().parent


@functools.cache
def root() -> Path:
    """The folder that holds images/, systemd/, playbooks/ and node/."""
    return _PACKAGE if (_PACKAGE / "systemd").is_dir() else _PACKAGE.parent


def find(relative: str, project: Path | None = None) -> Path:
    """The file `relative` (such as `systemd/node.service.j2`): the project's own, or the built-in one."""
    if project is not None and (project / relative).exists():
        return project / relative
    return root() / relative


def later(name: str) -> ModuleType:
    """The module of Beamwright's of that name, which is loaded when something of it is first asked for."""
    full = f"beamwright.{name}"
    if full in sys.modules:
        return sys.modules[full]
    spec = importlib.util.find_spec(full)
    if spec is None or spec.loader is None:
        raise ImportError(f"{full} is missing from this installation")
    spec.loader = importlib.util.LazyLoader(spec.loader)
    module = importlib.util.module_from_spec(spec)
    sys.modules[full] = module
    spec.loader.exec_module(module)
    return module


def on_demand(homes: Mapping[str, str]) -> Callable[[str], Any]:
    """The `__getattr__` of a package (PEP 562) whose names are loaded once somebody asks for them.

    `homes` has the module of Beamwright's that each of the names is in.
    """

    def get(name: str) -> Any:
        if name not in homes:
            raise AttributeError(name)
        return getattr(importlib.import_module(f"beamwright.{homes[name]}"), name)

    return get
