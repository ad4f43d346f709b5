"""Limits and words of the service that declarations and documents both name, and that load no documents."""

from typing import Final

ENCRYPTIONS: Final = ("RequireEncryption", "NoEncryption", "AES128", "AES256", "DES3")
"""Encryptions of a connection."""
HIGHEST_PORT: Final = 65535
MOST_ASN: Final = 2**32 - 1
"""The highest number of an autonomous system."""
MOST_CAPTURE: Final = 300
"""Seconds that a capture of a gateway's traffic takes at most."""
MOST_INSTANCES: Final = 10
"""Instances that an application gateway has at most."""
MOST_KEY: Final = 128
"""Characters that the key of a connection has at most."""
MOST_VLAN: Final = 4094
"""The highest number of a VLAN."""
PFS_GROUPS: Final = ("None", "PFS1")
"""Groups for the keys of a connection, by which one that is found out does not tell others."""
