"""Rules that several families share."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from asyncsm.emulator import catalogue, refusals
from asyncsm.emulator.call import Call
from asyncsm.wire.properties import ExtendedProperties

LONGEST_LABEL: Final = 100
LONGEST_DESCRIPTION: Final = 1024
MOST_PROPERTIES: Final = 50
LONGEST_PROPERTY_VALUE: Final = 255

GROUPED_BY: Final = ("ResourceGroup", "ResourceLocation")
"""Extended properties that the service adds itself, and which count for nobody. [guess]"""

_PROPERTY_NAME = re.compile(r"[A-Za-z]\w{0,63}", re.ASCII)


def with_group(properties: Mapping[str, str], group: str, region: str) -> dict[str, str]:
    """Return extended properties with those by which the service groups what there is, unless they are set."""
    own = dict(zip(GROUPED_BY, (group, region), strict=True))
    return {**properties, **{name: properties.get(name, value) for name, value in own.items()}}


def region(call: Call, location: str | None, affinity_group: str | None) -> str:
    """The region of something new, which names either a location or an affinity group.

    Raises:
        Refusal: both or neither is given, or it does not exist.
    """
    if (location is None) == (affinity_group is None):
        # [protocol 4.5]
        raise refusals.bad_request("Either a location or an affinity group must be specified, but not both.")
    if affinity_group is not None:
        group = call.subscription.affinity_groups.get(affinity_group)
        if group is None:
            raise refusals.bad_request("The affinity group does not exist.")  # [guess]
        return group.location
    return known_location(location or "")


def known_location(name: str) -> str:
    """The location called `name`, spelt as in the list of locations.

    Raises:
        Refusal: there is none.
    """
    found = catalogue.location(name)
    if found is None:
        raise refusals.bad_request("The location constraint is not valid.")  # [protocol 4.5]
    return found.name


def label(text: str | None) -> str:
    """A label, which has to be there and is at most 100 characters long before encoding."""
    if not text or len(text) > LONGEST_LABEL:
        # [protocol 1.8]
        raise refusals.bad_request(f"The label must have between 1 and {LONGEST_LABEL} characters.")
    return text


def description(text: str | None) -> str | None:
    """A description of at most 1024 characters, or none."""
    if text is not None and len(text) > LONGEST_DESCRIPTION:
        # [protocol 1.8]
        raise refusals.bad_request(f"The description must have at most {LONGEST_DESCRIPTION} characters.")
    return text


def extended_properties(given: ExtendedProperties | None, most: int = MOST_PROPERTIES) -> dict[str, str]:
    """The properties of something new.

    Args:
        given: as in the request.
        most: how many there may be.
    """
    return changed_properties({}, given, most)


def changed_properties(
    present: Mapping[str, str], given: ExtendedProperties | None, most: int = MOST_PROPERTIES
) -> dict[str, str]:
    """`present` with the properties of an update; one without a value is taken away.

    Raises:
        Refusal: a name or value is not allowed, a name comes twice, or there are too many.
    """
    changed = dict(present)
    seen: set[str] = set()
    for each in given or ():
        if _PROPERTY_NAME.fullmatch(each.name) is None or each.name in seen:
            # [protocol 1.8]
            raise refusals.bad_request(f"The extended property name '{each.name}' is invalid or a duplicate.")
        seen.add(each.name)
        if each.value is None:
            changed.pop(each.name, None)
        elif len(each.value) > LONGEST_PROPERTY_VALUE:
            raise refusals.bad_request(  # [protocol 1.8]
                f"The value of the extended property '{each.name}' is longer than "
                f"{LONGEST_PROPERTY_VALUE} characters."
            )
        else:
            changed[each.name] = each.value
    if len(changed.keys() - set(GROUPED_BY)) > most:
        raise refusals.bad_request(f"There must be at most {most} extended properties.")  # [protocol 1.8]
    return changed


def require_publisher(call: Call) -> None:
    """Refuse what only publishers of images and extensions may do."""
    if not call.subscription.is_publisher:
        raise refusals.forbidden()  # [protocol 3.3]
