"""The VHD format, as far as a disk of the service is checked, and made.

A fixed VHD is the disk's bytes and a footer of 512 bytes.
"""

from __future__ import annotations

import struct
from typing import Final

FOOTER: Final = 512
"""Bytes of the footer; also of a page and of a sector."""

_COOKIE: Final = b"conectix"
_FIXED: Final = 2
_OTHER_TYPES: Final = {3: "a dynamic VHD", 4: "a differencing VHD"}
_OTHER_FORMATS: Final = {
    b"vhdxfile": "a VHDX",
    b"QFI\xfb": "a qcow2 image",
    b"KDMV": "a VMDK",
    b"<<< ": "a VirtualBox disk",
}
_CHECKSUM: Final = slice(64, 68)
MIB: Final = 1024 * 1024
GIB: Final = 1024 * MIB
_CONVERT: Final = "convert it with: qemu-img convert -O vpc -o subformat=fixed,force_size {} DISK.vhd"


def flaw_of(name: str, head: bytes, footer: bytes, size: int) -> str | None:
    """Say why a file is no VHD the service can make a disk of, and what to do; ``None`` if it is one.

    Args:
        name: of the file.
        head: its first 512 bytes.
        footer: its last 512 bytes.
        size: its size in bytes.
    """
    advice = _CONVERT.format(name)
    if not footer.startswith(_COOKIE):
        return f"{_without_footer(name, head, size)}; {advice}"
    (kind,) = struct.unpack_from(">I", footer, 60)
    if kind != _FIXED:
        found = _OTHER_TYPES.get(kind, f"a VHD of type {kind}")
        return f"{name} is {found}, and the service takes fixed ones only; {advice}"
    if struct.unpack(">I", footer[_CHECKSUM]) != (checksum(footer),):
        return f"{name}: the checksum of its VHD footer is wrong; copy it again"
    (disk_size,) = struct.unpack_from(">Q", footer, 48)
    if disk_size != size - FOOTER:
        return f"{name}: its footer says {disk_size} bytes, and {size - FOOTER} are there; copy it again"
    if disk_size == 0 or disk_size % MIB:
        return (
            f"{name}: the disk has {disk_size} bytes, which is not a whole number of MiB; convert it to raw, "
            "enlarge that with qemu-img resize, and make it a VHD with: "
            "qemu-img convert -f raw -O vpc -o subformat=fixed,force_size DISK.raw DISK.vhd"
        )
    return None


def gigabytes(size: int) -> int:
    """Return the size of a disk in whole gigabytes.

    Args:
        size: of its file, in bytes.
    """
    return max(1, -(-(size - FOOTER) // GIB))


def footer_of(size: int, disk_id: bytes) -> bytes:
    """Make the footer of a fixed VHD.

    Args:
        size: of the disk, in bytes.
        disk_id: 16 bytes that no other disk has.
    """
    fields = struct.pack(
        ">8sIIQI4sI4sQQIII16sB",
        _COOKIE,
        2,  # features: always set
        0x0001_0000,
        2**64 - 1,  # no dynamic header
        0,
        b"asm ",
        0x0001_0000,
        b"Wi2k",
        size,
        size,
        0,  # cylinders, heads and sectors, which nothing reads
        _FIXED,
        0,
        disk_id,
        0,
    ).ljust(FOOTER, b"\0")
    return fields[: _CHECKSUM.start] + struct.pack(">I", checksum(fields)) + fields[_CHECKSUM.stop :]


def checksum(footer: bytes) -> int:
    """Compute the checksum of a footer: the complement of the sum of all its other bytes."""
    return ~(sum(footer) - sum(footer[_CHECKSUM])) & 0xFFFFFFFF


def _without_footer(name: str, head: bytes, size: int) -> str:
    for magic, what in _OTHER_FORMATS.items():
        if head.startswith(magic):
            return f"{name} is {what}, not a fixed VHD"
    if head.startswith(_COOKIE):
        return f"{name} is a dynamic VHD that was cut off: it does not end with a footer"
    if size % FOOTER:
        return f"{name} is not a VHD: {size} bytes are not whole sectors of {FOOTER}"
    return f"{name} is not a VHD: it does not end with a VHD footer"
