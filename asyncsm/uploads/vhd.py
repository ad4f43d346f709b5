"""The VHD format, as far as it is checked before a disk is sent.

A fixed VHD is the disk's bytes and a footer of 512 bytes.
"""

from __future__ import annotations

import struct
from typing import Final

from asyncsm.errors import InvalidArgument

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
_MIB: Final = 1024 * 1024
_CONVERT: Final = "convert it with: qemu-img convert -O vpc -o subformat=fixed,force_size {} DISK.vhd"


def check_fixed(name: str, head: bytes, footer: bytes, size: int) -> None:
    """Check that a file is a VHD the service can make a disk of.

    Args:
        name: of the file, for messages.
        head: its first 512 bytes.
        footer: its last 512 bytes.
        size: its size in bytes.

    Raises:
        InvalidArgument: it is not a fixed VHD, is damaged, or its size is not whole megabytes.
    """
    advice = _CONVERT.format(name)
    if not footer.startswith(_COOKIE):
        raise InvalidArgument("source", f"{_without_footer(name, head, size)}; {advice}")
    (kind,) = struct.unpack_from(">I", footer, 60)
    if kind != _FIXED:
        found = _OTHER_TYPES.get(kind, f"a VHD of type {kind}")
        raise InvalidArgument("source", f"{name} is {found}, and the service takes fixed ones only; {advice}")
    if struct.unpack(">I", footer[_CHECKSUM]) != (checksum(footer),):
        raise InvalidArgument("source", f"{name}: the checksum of its VHD footer is wrong; copy it again")
    (disk_size,) = struct.unpack_from(">Q", footer, 48)
    if disk_size != size - FOOTER:
        raise InvalidArgument(
            "source",
            f"{name}: its footer says {disk_size} bytes, and {size - FOOTER} are there; copy it again",
        )
    if disk_size == 0 or disk_size % _MIB:
        raise InvalidArgument(
            "source",
            f"{name}: the disk has {disk_size} bytes, which is not a whole number of MiB; convert it to raw, "
            "enlarge that with qemu-img resize, and make it a VHD with: "
            "qemu-img convert -f raw -O vpc -o subformat=fixed,force_size DISK.raw DISK.vhd",
        )


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
