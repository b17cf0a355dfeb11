"""Takes the transliteration out of a locale: nine tenths of what C.UTF-8 weighs when it is compressed.

iconv(3) alone reads it, to write a character in an encoding that lacks it, and a tree has no encodings but
those inside libc. Kinds and widths of characters, which a shell's line editing asks for, stay as they are.

Source: glibc, locale/localeinfo.h (LIMAGIC), locale/langinfo.h (_NL_CTYPE_TRANSLIT_*), locale/loadlocale.c.
"""

from __future__ import annotations

import struct

_MAGIC = 0x20090720
"""That of LC_CTYPE, in the byte order of little-endian machines."""

_SIZE, _FIRST, _LAST = 61, 62, 65
"""_NL_CTYPE_TRANSLIT_TAB_SIZE, _FROM_IDX and _TO_TBL: the number of rules, then the four tables."""


def without_transliteration(file: bytes) -> bytes:
    """The same LC_CTYPE with no rule and zeroed tables; as it is where the layout is not the known one."""
    try:
        magic, count = struct.unpack_from("<II", file)
        if magic != _MAGIC or count <= _LAST + 1:
            return file
        offsets = struct.unpack_from(f"<{count}I", file, 8)
    except struct.error:
        return file
    size, start, end = offsets[_SIZE], offsets[_FIRST], offsets[_LAST + 1]
    if not (list(offsets[_SIZE : _LAST + 2]) == sorted(offsets[_SIZE : _LAST + 2]) and end <= len(file)):
        return file
    return file[:size] + bytes(4) + file[size + 4 : start] + bytes(end - start) + file[end:]
