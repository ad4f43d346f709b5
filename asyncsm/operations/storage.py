"""Storage accounts. What is in them is the business of the storage service, not of this API."""

from __future__ import annotations

from collections.abc import Mapping

from asyncsm.engine.caller import Caller
from asyncsm.engine.protocol import delete, get, post, put
from asyncsm.errors import InvalidArgument
from asyncsm.operations import arguments
from asyncsm.polling import OperationHandle
from asyncsm.wire.hosted_services import AvailabilityResponse
from asyncsm.wire.storage import (
    CreateStorageServiceInput,
    KeyType,
    RegenerateKeys,
    StorageAccountType,
    StorageService,
    StorageServices,
    UpdateStorageServiceInput,
)

_PATH = ("services", "storageservices")


class StorageAccountOperations(Caller):
    """Operations on storage accounts and their keys."""

    async def list_storage_accounts(self) -> StorageServices:
        """List the storage accounts of the subscription.

        REST: List Storage Accounts (ee460787).
        """
        return await self.fetch(StorageServices, get(*_PATH))

    async def get_storage_account_properties(self, service_name: str) -> StorageService:
        """Read a storage account: place, state, endpoints and replication.

        REST: Get Storage Account Properties (ee460802).

        Raises:
            ResourceNotFound: there is no such storage account.
        """
        return await self.fetch(StorageService, get(*_PATH, service_name))

    async def get_storage_account_keys(self, service_name: str) -> StorageService:
        """Read the two access keys, as `storage_service_keys` of the answer.

        REST: Get Storage Account Keys (ee460785).

        Raises:
            ResourceNotFound: there is no such storage account.
        """
        return await self.fetch(StorageService, get(*_PATH, service_name, "keys"))

    async def regenerate_storage_account_keys(self, service_name: str, key_type: str) -> StorageService:
        """Replace one of the access keys, and read both.

        REST: Regenerate Storage Account Keys (ee460795).

        Args:
            service_name: the storage account.
            key_type: ``Primary`` or ``Secondary``.

        Raises:
            ResourceNotFound: there is no such storage account.
        """
        body = RegenerateKeys(key_type=arguments.one_of("key_type", key_type, KeyType))
        request = post(
            *_PATH,
            service_name,
            "keys",
            query={"action": "regenerate"},
            body=body,
            operation="RegenerateStorageServiceKeys",
            acts_on=(*_PATH, service_name),
        )
        return await self.change(StorageService, request, otherwise=get(*_PATH, service_name, "keys"))

    async def check_storage_account_name_availability(self, service_name: str) -> AvailabilityResponse:
        """Ask whether a name for a storage account is free; `reason` says why not.

        REST: Check Storage Account Name Availability (jj154125).

        Raises:
            BadRequest: the name is not valid for a storage account.
        """
        return await self.fetch(AvailabilityResponse, get(*_PATH, "operations", "isavailable", service_name))

    async def create_storage_account(
        self,
        service_name: str,
        description: str | None,
        label: str,
        affinity_group: str | None = None,
        location: str | None = None,
        geo_replication_enabled: bool | None = None,
        extended_properties: Mapping[str, str | int | None] | None = None,
        account_type: str = "Standard_GRS",
    ) -> OperationHandle:
        """Create a storage account.

        REST: Create Storage Account (hh264518).

        Args:
            service_name: 3 to 24 lower-case letters and digits, unique in all of the cloud.
            description: at most 1,024 characters.
            label: at most 100 characters.
            affinity_group: name of an affinity group; either this or `location`.
            location: name of one of `list_locations`.
            geo_replication_enabled: an older name for the choice of `account_type`: ``False`` means
                ``Standard_LRS``.
            extended_properties: at most 50, as for `create_hosted_service`.
            account_type: ``Standard_LRS``, ``Standard_ZRS``, ``Standard_GRS``, ``Standard_RAGRS`` or
                ``Premium_LRS``.

        Raises:
            InvalidArgument: an argument breaks one of these rules.
            AlreadyExists: the name is taken.
            BadRequest: the location or affinity group does not exist, or a quota is used up.
        """
        arguments.location_or_affinity_group(location, affinity_group)
        body = CreateStorageServiceInput(
            service_name=arguments.storage_account_name(service_name),
            description=arguments.description(description),
            label=arguments.label(label),
            affinity_group=affinity_group,
            location=location,
            extended_properties=arguments.extended_properties(extended_properties),
            account_type=_account_type(account_type, geo_replication_enabled),
        )
        return await self.start(
            post(*_PATH, body=body, creates=(*_PATH, service_name), operation="CreateStorageService")
        )

    async def update_storage_account(
        self,
        service_name: str,
        description: str | None = None,
        label: str | None = None,
        geo_replication_enabled: bool | None = None,
        extended_properties: Mapping[str, str | int | None] | None = None,
        account_type: str | None = None,
    ) -> OperationHandle:
        """Change a storage account; what is not given stays, the replication included.

        REST: Update Storage Account (hh264516).

        Args:
            service_name: the storage account.
            description: at most 1,024 characters.
            label: at most 100 characters.
            geo_replication_enabled: an older name for the choice of `account_type`.
            extended_properties: properties to set; one with the value ``None`` is removed.
            account_type: as for `create_storage_account`.

        Raises:
            InvalidArgument: nothing to change was given, or a rule is broken.
            ResourceNotFound: there is no such storage account.
        """
        kind = None
        if account_type is not None or geo_replication_enabled is not None:
            kind = _account_type(account_type or "Standard_GRS", geo_replication_enabled)
        if description is None and label is None and extended_properties is None and kind is None:
            raise InvalidArgument(
                "label", "give a label, a description, extended properties or an account type to change"
            )
        body = UpdateStorageServiceInput(
            description=arguments.description(description),
            label=None if label is None else arguments.label(label),
            extended_properties=arguments.extended_properties(extended_properties),
            account_type=kind,
        )
        return await self.run(put(*_PATH, service_name, body=body, operation="UpdateStorageService"))

    async def delete_storage_account(self, service_name: str) -> OperationHandle:
        """Delete a storage account with everything in it.

        REST: Delete Storage Account (hh264517).

        Raises:
            ResourceNotFound: there is no such storage account.
            BadRequest: a disk or an image is registered in it.
        """
        return await self.start(delete(*_PATH, service_name, operation="DeleteStorageService"))


def _account_type(account_type: str, geo_replication_enabled: bool | None) -> StorageAccountType:
    if geo_replication_enabled is False:
        return StorageAccountType.STANDARD_LRS
    return arguments.one_of("account_type", account_type, StorageAccountType)
