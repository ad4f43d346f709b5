"""All that may differ from the recordings, and why; nothing else may."""

import re
from collections.abc import Callable

# ---------------------------------------------------------------- what we read

NOT_MODELLED = {
    "string": "a bare word in answer to Replicate VM Image, which nobody needs",
}

DIFFERENCES: dict[str, tuple[str, str | Callable[[re.Match[str]], str]]] = {
    "a fraction of a second has seven digits, and Python knows six": (
        r"(?<=:\d\d)\.(\d+)",
        lambda found: "." + found[1].ljust(6, "0")[:6],
    ),
    "a request named only the day of an image's publication": (
        r"(<PublishedDate>\d{4}-\d\d-\d\d)(?=<)",
        r"\1T00:00:00Z",
    ),
    "the reply to it does not say that it means UTC": (
        r"(<PublishedDate>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?=<)",
        r"\1Z",
    ),
}
"""All that may differ after a model was read and written, with the reason."""

# ---------------------------------------------------------------- what we send

REFUSED_BEFORE_SENDING = {
    ("storage/unicode_create_storage_account_unicode_name", 1): "the service takes ASCII names only",
}
"""Requests the service refused, and we do not even send."""

CONTENT_TYPE = "application/xml; charset=utf-8"
"""Where the old SDK sent ``application/atom+xml;type=entry;charset=utf-8``: no body is an Atom entry, and
this is the type the API's reference asks for."""

ONLY_RAW = {
    ("compute/perform_get", 3): "Get Hosted Service Properties without saying embed-detail",
}
"""Requests that no typed method makes."""

# ---------------------------------------------------------------- what the emulator answers

NOT_THE_SERVICES_SHAPE = {
    "PersistentVMDowntime": "an announcement of maintenance in the summer of 2015, not an answer to the request",
}
"""Elements left out of the comparison with recordings, and why."""

OPEN_LISTS = ("<VMImages", "<ReservedIPs")
"""Lists that also hold what the recorded subscription had from before."""

NOT_COMPARED = ("<Images",)
"""Lists of what the platform offered: the emulator's catalogue is a selection of it."""

LONG_LIST_BYTES = 20_000
"""A longer list holds what else the recorded subscription had, such as other people's certificates."""
