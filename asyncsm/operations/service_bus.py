"""Service Bus namespaces: where they can be, how they are made and removed, and the keys to them."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Final

import pydantic

from asyncsm import wire
from asyncsm.engine.caller import Caller
from asyncsm.operations.binding import binder_of
from asyncsm.operations.declaring import Family
from asyncsm.operations.facts import Ends
from asyncsm.operations.kinds import SECRET, Name, Names
from asyncsm.polling import OperationHandle

SERVICE: Final = "ServiceBusManagementService"
EVIDENCE: Final = "[protocol 4.23] [lifecycles 13]"
NAMESPACES: Final = "services/serviceBus/Namespaces"
NAMESPACE: Final = NAMESPACES + "/{name}"
RULES: Final = NAMESPACE + "/AuthorizationRules"
RULE: Final = RULES + "/{key_name}"
FIRST: Final = "2012-03-01"
"""Version of the old SDK's operations."""
LATER: Final = "2013-08-01"
"""Version of most of the others."""
WITH_TYPE: Final = "2014-06-01"
"""Version in which a request for a namespace says what it is for."""

family: Final = Family(
    "Service Bus namespaces", service=SERVICE, evidence=EVIDENCE, version=FIRST, ends=Ends.AT_ONCE
)


class ServiceBusNamespaceOperations(Caller):
    """Operations on namespaces, and on their keys."""

    @family.reads("services/serviceBus/Regions")
    async def get_regions(self) -> wire.service_bus.ServiceBusRegions:
        """List the regions that can have Service Bus namespaces.

        REST: Get Service Bus Regions.
        """
        ...

    @family.reads(NAMESPACES)
    async def list_namespaces(self) -> wire.service_bus.ServiceBusNamespaces:
        """List the Service Bus namespaces of the subscription."""
        ...

    @family.reads(NAMESPACE)
    async def get_namespace(self, name: str) -> wire.service_bus.ServiceBusNamespace:
        """Read a namespace; its keys are in the reply while its status is ``Active``.

        Raises:
            ResourceNotFound: no such namespace.
        """
        ...

    @family.creates(
        NAMESPACE,
        method="PUT",
        at=NAMESPACE,
        body=lambda: wire.service_bus.ServiceBusNamespace,
        otherwise=NAMESPACE,
    )
    async def create_namespace(
        self,
        name: str,
        region: Name,
        *,
        namespace_type: Name | None = None,
        create_acs_namespace: bool | None = None,
    ) -> wire.service_bus.ServiceBusNamespace:
        """Make a namespace, which becomes ``Active`` within half a minute of this.

        Args:
            name: 6 to 50 letters, digits and hyphens, unique everywhere; see `check_namespace_availability`.
            region: one of `get_regions`.
            namespace_type: ``Messaging``, ``NotificationHub`` or ``EventHub``; the first if absent.
            create_acs_namespace: whether the access control service is to know it; it does if absent.

        Returns:
            The namespace with its keys, which can be used once its status is ``Active``.

        Raises:
            Forbidden: it cannot be called so, or another namespace is.
        """
        binder = binder_of(ServiceBusNamespaceOperations.create_namespace)
        values = binder.values(
            (name, region),
            {"namespace_type": namespace_type, "create_acs_namespace": create_acs_namespace},
        )
        request = binder.request(values)
        if namespace_type is not None or create_acs_namespace is not None:
            request = replace(request, version=WITH_TYPE)
        otherwise = binder.otherwise(values)
        return await self.change(wire.service_bus.ServiceBusNamespace, request, otherwise=otherwise)

    @family.removes(NAMESPACE)
    async def delete_namespace(self, name: str) -> OperationHandle:
        """Delete a namespace with all that is in it; it can be read as ``Removing`` for a while.

        Raises:
            ResourceNotFound: no such namespace.
        """
        ...

    @family.reads("services/serviceBus/CheckNamespaceAvailability?namespace={name}")
    async def check_namespace_availability(self, name: Name) -> wire.service_bus.NamespaceAvailability:
        """Tell whether a namespace can be called `name`."""
        ...

    @family.reads(NAMESPACE + "/ConnectionDetails", version=LATER)
    async def get_namespace_connection_details(self, name: str) -> wire.service_bus.ConnectionDetails:
        """List the ways to connect to a namespace, one for each of its keys.

        REST: Get Namespace Description.

        Raises:
            ResourceNotFound: no such namespace, or it is not ``Active``.
        """
        ...

    @family.reads(RULES, version=LATER)
    async def list_authorization_rules(self, name: str) -> wire.service_bus.SharedAccessAuthorizationRules:
        """List the keys of a namespace.

        Raises:
            ResourceNotFound: no such namespace, or it is not ``Active``.
        """
        ...

    @family.reads(RULE, version=LATER)
    async def get_authorization_rule(
        self, name: str, key_name: str
    ) -> wire.service_bus.SharedAccessAuthorizationRule:
        """Read a pair of keys of a namespace.

        Raises:
            ResourceNotFound: no such namespace or rule.
        """
        ...

    @family.creates(
        RULES,
        at="/{key_name}",
        body=lambda: wire.service_bus.SharedAccessAuthorizationRule,
        otherwise=RULE,
        version=LATER,
    )
    async def create_authorization_rule(
        self,
        name: str,
        key_name: Name,
        rights: Names,
        primary_key: Annotated[str | pydantic.SecretStr, SECRET] | None = None,
        secondary_key: Annotated[str | pydantic.SecretStr, SECRET] | None = None,
    ) -> wire.service_bus.SharedAccessAuthorizationRule:
        """Give a namespace another pair of keys.

        Args:
            name: the namespace.
            key_name: of the rule.
            rights: ``Listen``, ``Send`` or both, or ``Manage``, which includes them.
            primary_key, secondary_key: 32 bytes in base64; the service makes one that is absent.

        Raises:
            AlreadyExists: the namespace has such a rule.
            ResourceNotFound: no such namespace, or it is not ``Active``.
        """
        ...

    @family.replaces(
        RULE,
        body=lambda: wire.service_bus.SharedAccessAuthorizationRule,
        fields={"key_name": "key_name"},
        headers={"If-Match": "*"},
        otherwise=RULE,
    )
    async def update_authorization_rule(
        self,
        name: str,
        key_name: Name,
        rights: Names,
        primary_key: Annotated[str | pydantic.SecretStr, SECRET] | None = None,
        secondary_key: Annotated[str | pydantic.SecretStr, SECRET] | None = None,
    ) -> wire.service_bus.SharedAccessAuthorizationRule:
        """Give a rule of a namespace other rights and keys; arguments are those of `create_authorization_rule`.

        Raises:
            ResourceNotFound: no such namespace or rule.
        """
        ...

    @family.removes(RULE)
    async def delete_authorization_rule(self, name: str, key_name: str) -> OperationHandle:
        """Delete a pair of keys of a namespace.

        Raises:
            ResourceNotFound: no such namespace or rule.
        """
        ...
