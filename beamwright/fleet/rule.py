"""A rule that a text of fleet.toml keeps: checked here, told to editors as the JSON schema's `pattern`."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from beamwright.fleet.show import show


def wrong(what: str, hint: str = "") -> PydanticCustomError:
    """What a validator raises: `what` follows the key's path in the message, `hint` says how to mend it."""
    return PydanticCustomError("wrong", "{what}", {"what": what, "hint": hint})


@dataclass(frozen=True)
class Rule:
    """A text that `pattern` matches whole.

    `says` ends the sentence "must be …". `mend` turns a wrong text into a likely right one for the hint. The
    pattern is both Python's and ECMA 262's (JSON Schema), so: `^…$`, ASCII classes, no look-behind.
    """

    pattern: str
    says: str
    mend: Callable[[str], str] | None = None

    def check(self, text: str) -> str:
        """The text itself, when it keeps the rule."""
        if re.fullmatch(self.pattern, text):
            return text
        mended = self.mend(text) if self.mend else ""
        good = bool(mended) and re.fullmatch(self.pattern, mended)
        raise wrong(f"must be {self.says}, is {show(text)}", f"such as {show(mended)}" if good else "")

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_after_validator_function(self.check, handler(source))

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        return {**handler(schema), "pattern": self.pattern}
