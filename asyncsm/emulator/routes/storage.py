"""Storage accounts and their keys."""

from __future__ import annotations

import base64
import re
from functools import partial
from random import Random
from typing import Final

from pydantic import SecretStr

from asyncsm.emulator import catalogue, refusals
from asyncsm.emulator.call import Call, Reply
from asyncsm.emulator.naming import by_name
from asyncsm.emulator.routing import RouteTable
from asyncsm.emulator.rules import common_fields, service_documents, versions
from asyncsm.emulator.saved_names import effect
from asyncsm.emulator.state import StorageAccount
from asyncsm.wire import storage as wire
from asyncsm.wire.hosted_services import AvailabilityResponse

routes: RouteTable = RouteTable()

_NAME = re.compile(r"[a-z0-9]{3,24}", re.ASCII)

NO_ACCOUNT: Final = "The storage account '{}' was not found."  # [rec storage/delete_storage_account]
NO_KEYS: Final = "The requested storage account was not found."  # [protocol 3.4]

_FIXED_TYPES = frozenset({"Standard_ZRS", "Premium_LRS"})
"""Account types that can neither be left nor be changed to."""


@routes.get("services/storageservices", "ListStorageServices")
def list_accounts(call: Call) -> Reply:
    """List Storage Accounts."""
    accounts = by_name(call.subscription.storage_accounts.values())
    shown = [service_documents.storage_account(call, account) for account in accounts]
    return Reply(document=wire.StorageServices(storage_services=shown))


@routes.get("services/storageservices/{serviceName}", "GetStorageService")
def get(call: Call) -> Reply:
    """Get Storage Account Properties."""
    shown = service_documents.storage_account(call, _find(call))
    shown.capabilities = [catalogue.CAPABILITIES[0]]
    return Reply(document=shown)


@routes.get("services/storageservices/operations/isavailable/{serviceName}", "IsStorageServiceAvailable")
def check_name(call: Call) -> Reply:
    """Check Storage Account Name Availability."""
    name = call.parameters["serviceName"]
    _check_name(name)
    reason = _taken(call, name)
    answer = AvailabilityResponse(result=reason is None, reason=reason)
    return Reply(document=versions.known(answer, versions.AVAILABILITY, call.version))


@routes.post("services/storageservices", "CreateStorageService")
def create(call: Call) -> Reply:
    """Create Storage Account: it exists at once, but is of use only at the operation's end."""
    wanted = call.body(wire.CreateStorageServiceInput)
    subscription = call.subscription
    _check_name(wanted.service_name)
    reason = _taken(call, wanted.service_name)
    if reason is not None:
        raise refusals.conflict(reason)  # [protocol 3.4] [guess]
    present = len(subscription.storage_accounts)
    # [protocol 3.4]
    refusals.require_quota("storage account count", subscription.quotas.storage_accounts, present)
    group = wanted.affinity_group or None
    region = common_fields.region(call, wanted.location or None, group)
    keys = _given_keys(call, wanted.service_name) or (_new_key(call.random), _new_key(call.random))
    account = StorageAccount(
        name=wanted.service_name,
        label=common_fields.label(wanted.label),
        description=common_fields.description(wanted.description),
        region=region,
        location=region if group is None else None,
        affinity_group=group,
        account_type=_offered(region, _new_type(wanted)),
        created=call.now,
        primary_key=keys[0],
        secondary_key=keys[-1],
        # The portal's own properties, which the service adds to every account.
        extended_properties=common_fields.with_group(
            common_fields.extended_properties(wanted.extended_properties),
            f"Default-Storage-{region.replace(' ', '')}",
            region,
        ),
    )
    call.acts_on("services", "storageservices", account.name)
    subscription.storage_accounts[account.name] = account
    return call.accept(
        locks=[account],
        steps=[(0.6, partial(_set_status, account, "ResolvingDns"))],
        then=partial(_set_status, account, "Created"),
        headers=call.created_at("storage", account.name),
    )


@routes.put("services/storageservices/{serviceName}", "UpdateStorageService")
def update(call: Call) -> Reply:
    """Update Storage Account: what is not given stays; a property without value goes."""
    account = _find(call)
    wanted = call.body(wire.UpdateStorageServiceInput)
    call.require_free(account)
    given = wanted.model_fields_set
    label = account.label if wanted.label is None else common_fields.label(wanted.label)
    description = (
        common_fields.description(wanted.description) if "description" in given else account.description
    )
    account_type = _changed_type(account, wanted)
    properties = common_fields.changed_properties(account.extended_properties, wanted.extended_properties)
    account.label, account.description = label, description
    account.account_type, account.extended_properties = account_type, properties
    if "custom_domains" in given:
        account.custom_domains = _custom_domains(wanted.custom_domains)
    return Reply()


@routes.delete("services/storageservices/{serviceName}", "DeleteStorageService")
def delete(call: Call) -> Reply:
    """Delete Storage Account, unless disks or images have their blobs in it."""
    account = _find(call)
    call.require_free(account)
    if any(call.subscription.media_in(account)):
        raise refusals.bad_request(  # [protocol 3.4]
            f"Storage account {account.name} has  container(s) which have an active image and/or disk "
            "artifacts. Ensure those artifacts are removed from the image repository before deleting this "
            "storage account."
        )
    del call.subscription.storage_accounts[account.name]
    return Reply()


@routes.get("services/storageservices/{serviceName}/keys", "GetStorageServiceKeys")
def get_keys(call: Call) -> Reply:
    """Get Storage Account Keys, once there are any."""
    account = _find(call, NO_KEYS)
    if account.status != "Created":
        # [lifecycles 18]; that it is a 409 is a [guess]
        raise refusals.conflict(f"The storage account {account.name} is not yet created.")
    return _keys(call, account)


@routes.post(
    "services/storageservices/{serviceName}/keys",
    "RegenerateStorageServiceKeys",
    query={"action": "regenerate"},
)
def regenerate_key(call: Call) -> Reply:
    """Regenerate Storage Account Keys: one of them, and answer both."""
    account = _find(call, NO_KEYS)
    wanted = call.body(wire.RegenerateKeys)
    call.acts_on("services", "storageservices", account.name)
    call.require_free(account)
    if _given_keys(call, account.name):
        raise refusals.conflict(  # [guess]
            f"The keys of {account.name} are those of the Azurite that the emulator was given, and cannot be changed."
        )
    match wanted.key_type.value.lower():
        case "primary":
            account.primary_key = _new_key(call.random)
        case "secondary":
            account.secondary_key = _new_key(call.random)
        case _:
            raise refusals.bad_request()  # [protocol 4.9]
    return _keys(call, account)


def _find(call: Call, missing: str = NO_ACCOUNT) -> StorageAccount:
    name = call.parameters["serviceName"]
    # [rec storage/delete_storage_account] [protocol 3.4]
    return refusals.required(call.subscription.storage_accounts.get(name), missing.format(name))


def _check_name(name: str) -> None:
    if _NAME.fullmatch(name) is None:
        raise refusals.bad_request(  # [rec storage/unicode_create_storage_account_unicode_name]
            "The name is not a valid storage account name. Storage account names must be between 3 and 24 "
            "characters in length and use numbers and lower-case letters only."
        )


def _taken(call: Call, name: str) -> str | None:
    """Why `name` cannot be had, if so."""
    owner = call.state.owner_of_storage_account(name)
    if owner is None:
        return None
    if owner is call.subscription:
        return f"A storage account named '{name}' already exists in the subscription."
    return f"The storage account named '{name}' is already taken."


def _new_type(wanted: wire.CreateStorageServiceInput) -> str:
    if wanted.account_type is not None:
        if wanted.geo_replication_enabled is not None:
            raise refusals.bad_request(  # [protocol 4.9]
                "AccountType and GeoReplicationEnabled must not be specified together."
            )
        return wanted.account_type.value
    if wanted.geo_replication_enabled is False:
        return "Standard_LRS"
    return "Standard_RAGRS" if wanted.secondary_read_enabled else "Standard_GRS"


def _changed_type(account: StorageAccount, wanted: wire.UpdateStorageServiceInput) -> str:
    if wanted.account_type is not None and wanted.geo_replication_enabled is not None:
        # [protocol 4.9]
        raise refusals.bad_request("AccountType and GeoReplicationEnabled must not be specified together.")
    if wanted.account_type is not None:
        chosen = wanted.account_type.value
    elif wanted.geo_replication_enabled is not None:
        chosen = "Standard_GRS" if wanted.geo_replication_enabled else "Standard_LRS"
    else:
        return account.account_type
    if chosen != account.account_type and {chosen, account.account_type} & _FIXED_TYPES:
        raise refusals.bad_request(  # [protocol 4.9]
            f"The account type cannot be changed from {account.account_type} to {chosen}."
        )
    return _offered(account.region, chosen)


def _offered(region: str, account_type: str) -> str:
    location = catalogue.location(region)
    if location is None or account_type not in location.storage_capabilities.storage_account_types:
        # [protocol 4.1]
        raise refusals.bad_request(f"The account type {account_type} is not available in {region}.")
    return account_type


def _custom_domains(given: wire.CustomDomains) -> dict[str, bool]:
    if len(given) > 1:
        raise refusals.bad_request("A storage account can have only one custom domain.")  # [guess]
    return {domain.name: bool(domain.use_sub_domain_name) for domain in given if domain.name}


def _given_keys(call: Call, name: str) -> tuple[str, ...] | None:
    """Keys that a storage account of this name has elsewhere already."""
    return None if call.azurite is None else call.azurite.fixed_keys(name)


def _new_key(random: Random) -> str:
    return base64.b64encode(random.randbytes(64)).decode()


@effect("storage/set-status", "emulator.handlers.storage:_set_status")
def _set_status(account: StorageAccount, status: str) -> None:
    account.status = status


def _keys(call: Call, account: StorageAccount) -> Reply:
    return Reply(
        document=wire.StorageService(
            url=call.url("services", "storageservices", account.name),
            storage_service_keys=wire.StorageServiceKeys(
                primary=SecretStr(account.primary_key), secondary=SecretStr(account.secondary_key)
            ),
        )
    )
