"""Configuration of web sites, and their slots."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from asyncsm import wire
from asyncsm.durations import Usual
from asyncsm.engine.caller import Caller
from asyncsm.engine.protocol import Reconcile
from asyncsm.operations.declaring import Family
from asyncsm.operations.facts import Ends
from asyncsm.operations.kinds import Name
from asyncsm.operations.websites import EVIDENCE, SERVICE, SITE
from asyncsm.polling import OperationHandle

family: Final = Family(
    "configuration and slots of web sites",
    service=SERVICE,
    evidence=EVIDENCE,
    ends=Ends.AT_ONCE,
    actions_listed=False,
)


class WebsiteSlotOperations(Caller):
    """Operations on the configuration of sites, and on slots; a slot is the site ``name(slot)``."""

    @family.reads(SITE + "/config")
    async def get_site_configuration(
        self, webspace_name: str, website_name: str
    ) -> wire.site_configuration.SiteConfiguration:
        """Read the configuration of a site, with its settings and its password.

        REST: Get Web Site Configuration.

        Raises:
            ResourceNotFound: no such site.
        """
        ...

    @family.replaces(SITE + "/config", body=lambda: wire.site_configuration.SiteConfiguration)
    async def update_site_configuration(
        self, webspace_name: str, website_name: str, configuration: wire.site_configuration.SiteConfiguration
    ) -> OperationHandle:
        """Change the configuration of a site.

        REST: Update Web Site Configuration.

        Args:
            webspace_name: its web space.
            website_name: its name.
            configuration: what is not set in it stays as it is.

        Raises:
            ResourceNotFound: no such site.
        """
        ...

    @family.reads(SITE + "/slotConfigNames")
    async def get_slot_configuration_names(
        self, webspace_name: str, website_name: str
    ) -> wire.site_configuration.SlotConfigurationNames:
        """Read which settings stay with their slot when slots are swapped.

        Raises:
            ResourceNotFound: no such site.
        """
        ...

    @family.acts(
        SITE + "/slotConfigNames",
        body=lambda: wire.site_configuration.SlotConfigurationNames,
        reconcile=Reconcile.REPEAT,
    )
    async def update_slot_configuration_names(
        self,
        webspace_name: str,
        website_name: str,
        app_setting_names: Sequence[str] = (),
        connection_string_names: Sequence[str] = (),
    ) -> OperationHandle:
        """Say which settings stay with their slot when slots are swapped; those that are not named do not any more.

        Args:
            webspace_name: the web space.
            website_name: the site.
            app_setting_names: names of settings.
            connection_string_names: names of connection strings.

        Raises:
            ResourceNotFound: no such site.
        """
        ...

    @family.acts(
        SITE + "/slots?Command=swap&targetSlot={target_slot}", usual=Usual(30), ends=Ends.SITE_OPERATION
    )
    async def swap_site_slots(
        self, webspace_name: str, website_name: str, target_slot: Name
    ) -> OperationHandle:
        """Let a slot and another one, or the site itself, change places.

        REST: Swap Slots.

        Args:
            webspace_name: the web space.
            website_name: the slot, ``name(slot)``.
            target_slot: the other slot's name; ``Production`` for the site itself.

        Raises:
            ResourceNotFound: no such site or slot.
        """
        ...

    @family.acts(SITE + "/applySlotConfig?targetSwapSlot={target_swap_slot}", reconcile=Reconcile.REPEAT)
    async def apply_slot_configuration(
        self, webspace_name: str, website_name: str, target_swap_slot: Name
    ) -> OperationHandle:
        """Let a slot run with the settings that stay with another one, as it would after their swap.

        REST: Apply Slot Configuration.

        Args:
            webspace_name: the web space.
            website_name: the slot, ``name(slot)``.
            target_swap_slot: the other slot's name; ``Production`` for the site itself.

        Raises:
            ResourceNotFound: no such site or slot.
            Conflict: it has been let run with those of a third one; see `reset_slot_configuration`.
        """
        ...

    @family.acts(SITE + "/resetSlotConfig", reconcile=Reconcile.REPEAT)
    async def reset_slot_configuration(self, webspace_name: str, website_name: str) -> OperationHandle:
        """Give a slot its own settings back; see `apply_slot_configuration`.

        REST: Reset Slot Configuration.

        Raises:
            ResourceNotFound: no such site or slot.
        """
        ...
