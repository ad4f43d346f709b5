"""Storage accounts. What is in them is the business of the storage service, not of this API."""

from __future__ import annotations

from typing import Annotated, Final

from asyncsm import wire
from asyncsm.engine.caller import Caller
from asyncsm.operations.binding import request_of
from asyncsm.operations.declaring import Family
from asyncsm.operations.facts import AtLeastOne, Ends, ExactlyOne
from asyncsm.operations.kinds import Description, Label, ServiceProperties, StorageAccountName, one_of
from asyncsm.polling import OperationHandle

family: Final = Family("storage accounts", evidence="[protocol 4.9]", ends=Ends.AT_ONCE)

ACCOUNTS: Final = "services/storageservices"
ACCOUNT: Final = ACCOUNTS + "/{service_name}"
KEYS: Final = ACCOUNT + "/keys"


class StorageAccountOperations(Caller):
    """Operations on storage accounts and their keys."""

    @family.reads(ACCOUNTS)
    async def list_storage_accounts(self) -> wire.storage.StorageServices:
        """List the storage accounts of the subscription.

        REST: List Storage Accounts (ee460787).
        """
        ...

    @family.reads(ACCOUNT)
    async def get_storage_account_properties(self, service_name: str) -> wire.storage.StorageService:
        """Read a storage account: place, state, endpoints and replication.

        REST: Get Storage Account Properties (ee460802).

        Raises:
            ResourceNotFound: there is no such storage account.
        """
        ...

    @family.reads(KEYS)
    async def get_storage_account_keys(self, service_name: str) -> wire.storage.StorageService:
        """Read the two access keys, as `storage_service_keys` of the answer.

        REST: Get Storage Account Keys (ee460785).

        Raises:
            ResourceNotFound: there is no such storage account.
        """
        ...

    @family.acts(
        KEYS + "?action=regenerate",
        on=ACCOUNT,
        otherwise=KEYS,
        body=lambda: wire.storage.RegenerateKeys,
        listed="RegenerateStorageServiceKeys",
        destructive=True,
    )
    async def regenerate_storage_account_keys(
        self, service_name: str, key_type: Annotated[str, one_of(wire.storage.KeyType)]
    ) -> wire.storage.StorageService:
        """Replace one of the access keys, and read both.

        REST: Regenerate Storage Account Keys (ee460795).

        Args:
            key_type: ``Primary`` or ``Secondary``.

        Raises:
            ResourceNotFound: there is no such storage account.
        """
        ...

    @family.reads(ACCOUNTS + "/operations/isavailable/{service_name}")
    async def check_storage_account_name_availability(
        self, service_name: str
    ) -> wire.hosted_services.AvailabilityResponse:
        """Ask whether a name for a storage account is free; `reason` says why not.

        REST: Check Storage Account Name Availability (jj154125).

        Raises:
            BadRequest: the name is not valid for a storage account.
        """
        ...

    @family.creates(
        ACCOUNTS,
        at="/{service_name}",
        body=lambda: wire.storage.CreateStorageServiceInput,
        fields={"geo_replication_enabled": ""},
        listed="CreateStorageService",
        needs=[ExactlyOne("location", "affinity_group")],
        ends=Ends.OPERATION,
        evidence="[protocol 2.3, 4.9]",
    )
    async def create_storage_account(
        self,
        service_name: StorageAccountName,
        description: Description | None,
        label: Label,
        affinity_group: str | None = None,
        location: str | None = None,
        geo_replication_enabled: bool | None = None,
        extended_properties: ServiceProperties | None = None,
        account_type: Annotated[str, one_of(wire.storage.StorageAccountType)] = "Standard_GRS",
    ) -> OperationHandle:
        """Create a storage account.

        REST: Create Storage Account (hh264518).

        Args:
            service_name: 3 to 24 lower-case letters and digits, unique in all of the cloud.
            affinity_group: name of an affinity group; either this or `location`.
            location: name of one of `list_locations`.
            geo_replication_enabled: an older name for the choice of `account_type`: ``False`` means
                ``Standard_LRS``.
            extended_properties: at most 50, as for `create_hosted_service`.
            account_type: ``Standard_LRS``, ``Standard_ZRS``, ``Standard_GRS``, ``Standard_RAGRS`` or
                ``Premium_LRS``.

        Raises:
            AlreadyExists: the name is taken.
            BadRequest: the location or affinity group does not exist, or a quota is used up.
        """
        return await self.start(
            request_of(
                StorageAccountOperations.create_storage_account,
                service_name,
                description,
                label,
                affinity_group,
                location,
                extended_properties=extended_properties,
                account_type=_account_type(account_type, geo_replication_enabled),
            )
        )

    @family.replaces(
        ACCOUNT,
        body=lambda: wire.storage.UpdateStorageServiceInput,
        fields={"geo_replication_enabled": ""},
        listed="UpdateStorageService",
        needs=[AtLeastOne("label", "description", "extended_properties", "account_type")],
    )
    async def update_storage_account(
        self,
        service_name: str,
        description: Description | None = None,
        label: Label | None = None,
        geo_replication_enabled: bool | None = None,
        extended_properties: ServiceProperties | None = None,
        account_type: Annotated[str, one_of(wire.storage.StorageAccountType)] | None = None,
    ) -> OperationHandle:
        """Change a storage account; what is not given stays, the replication included.

        REST: Update Storage Account (hh264516).

        Args:
            geo_replication_enabled: an older name for the choice of `account_type`.
            extended_properties: properties to set; one with the value ``None`` is removed.
            account_type: as for `create_storage_account`.

        Raises:
            InvalidArgument: nothing to change was given, or a rule is broken.
            ResourceNotFound: there is no such storage account.
        """
        if geo_replication_enabled is not None:
            account_type = _account_type(account_type or "Standard_GRS", geo_replication_enabled)
        return await self.start(
            request_of(
                StorageAccountOperations.update_storage_account,
                service_name,
                description,
                label,
                extended_properties=extended_properties,
                account_type=account_type,
            )
        )

    @family.removes(ACCOUNT, listed="DeleteStorageService")
    async def delete_storage_account(self, service_name: str) -> OperationHandle:
        """Delete a storage account with everything in it.

        REST: Delete Storage Account (hh264517).

        Raises:
            ResourceNotFound: there is no such storage account.
            BadRequest: a disk or an image is registered in it.
        """
        ...


def _account_type(account_type: str, geo_replication_enabled: bool | None) -> str:
    return "Standard_LRS" if geo_replication_enabled is False else account_type
