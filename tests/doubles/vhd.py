"""VHD files, as small as they get."""

from __future__ import annotations

import struct

from asyncsm.wire.vhd import FOOTER, checksum

MIB = 1024 * 1024


def footer(size: int, *, kind: int = 2, disk: bytes = b"one disk") -> bytes:
    """The footer of a disk of `size` bytes; 2 is fixed, 3 dynamic, 4 differencing."""
    fields = struct.pack(
        ">8sIIQI4sI4sQQHBBII16sB",
        b"conectix",
        2,
        0x0001_0000,
        2**64 - 1,
        0,
        b"test",
        0x0001_0000,
        b"Wi2k",
        size,
        size,
        0,
        0,
        0,
        kind,
        0,
        disk,
        0,
    ).ljust(FOOTER, b"\0")
    return fields[:64] + struct.pack(">I", checksum(fields)) + fields[68:]


def write_vhd(path, mebibytes: int, content: dict[int, bytes] | None = None, *, disk: bytes = b"one disk"):
    """A fixed VHD, all zero but for `content`: bytes by where they stand, in MiB."""
    with path.open("wb") as file:
        file.truncate(mebibytes * MIB)
        for place, data in (content or {}).items():
            file.seek(place * MIB)
            file.write(data)
        file.seek(mebibytes * MIB)
        file.write(footer(mebibytes * MIB, disk=disk))
    return path
