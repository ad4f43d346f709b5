"""SQL Database: servers, databases and their copies, firewall rules, quotas and service objectives.

Servers are in a namespace of their own, resources of a server in ours: all of these are an element
``ServiceResource``, or several in ``ServiceResources``.
"""

from datetime import datetime
from typing import Annotated, ClassVar, Final

from pydantic import Field, SecretStr

from asyncsm.wire.base import Nillable, OpenEnum, XmlList, XmlModel, repeated
from asyncsm.wire.types import Capitalised, Zoneless

SQL_AZURE: Final = "http://schemas.microsoft.com/sqlazure/2010/12/"

Flag = Annotated[bool | None, Capitalised]
"""A truth value as SQL Database writes it."""


class DatabaseEdition(OpenEnum):
    """The service tier of a database."""

    WEB = "Web"
    BUSINESS = "Business"
    BASIC = "Basic"
    STANDARD = "Standard"
    PREMIUM = "Premium"
    SYSTEM = "System"
    """That of `master`."""


class Server(XmlModel):
    """A server, as it is listed."""

    xml_namespace: ClassVar[str | None] = SQL_AZURE

    name: str | None = None
    administrator_login: str | None = None
    location: str | None = None
    fully_qualified_domain_name: str | None = None
    version: str | None = None
    state: str | None = None
    geo_paired_region: str | None = None
    """A field of the old SDK; the service was not seen to answer it."""


class Servers(XmlList[Server]):
    """Reply of List Servers."""

    xml_namespace: ClassVar[str | None] = SQL_AZURE

    server: list[Server] = repeated(Server)


class CreateServer(XmlModel):
    """Request of Create Server."""

    xml_root: ClassVar[str] = "Server"
    xml_namespace: ClassVar[str | None] = SQL_AZURE

    administrator_login: str
    administrator_login_password: SecretStr
    location: str
    version: str | None = None


class CreateServerResponse(XmlModel):
    """Reply of Create Server: the name that the service gave it."""

    xml_root: ClassVar[str] = "ServerName"
    xml_namespace: ClassVar[str | None] = SQL_AZURE

    fully_qualified_domain_name: Annotated[str | None, Field(alias="@FullyQualifiedDomainName")] = None
    server_name: Annotated[str, Field(alias="#text")] = ""


class AdministratorLoginPassword(XmlModel):
    """Request of Set Server Administrator Password."""

    xml_namespace: ClassVar[str | None] = SQL_AZURE

    admin_password: Annotated[SecretStr, Field(alias="#text")] = SecretStr("")


class SqlError(XmlModel):
    """The reason why a request was refused."""

    xml_root: ClassVar[str] = "Error"
    xml_namespace: ClassVar[str | None] = SQL_AZURE

    code: str | None = None
    message: str | None = None
    severity: int | None = None
    state: int | None = None


class ServiceResource(XmlModel):
    """A resource of a server, with what each has."""

    xml_root: ClassVar[str] = "ServiceResource"

    name: str | None = None
    type: str | None = None
    state: str | None = None
    self_link: str | None = None
    parent_link: str | None = None


class ServerQuota(ServiceResource):
    """A quota of a server."""

    value: int | None = None


class ServerQuotas(XmlList[ServerQuota]):
    """Reply of List Server Quotas."""

    xml_root: ClassVar[str] = "ServiceResources"

    server_quotas: list[ServerQuota] = repeated(ServerQuota)


class EventLog(ServiceResource):
    """Events of one kind in an interval."""

    database_name: str | None = None
    start_time_utc: datetime | None = None
    interval_size_in_minutes: int | None = None
    event_category: str | None = None
    event_type: str | None = None
    event_subtype: int | None = None
    event_subtype_description: str | None = None
    number_of_events: int | None = None
    severity: int | None = None
    description: str | None = None
    additional_data: Annotated[str | None, Nillable] = None


class EventLogs(XmlList[EventLog]):
    """Reply of Get Event Logs."""

    xml_root: ClassVar[str] = "ServiceResources"

    event_logs: list[EventLog] = repeated(EventLog)


class FirewallRule(ServiceResource):
    """Addresses that may connect to a server; 0.0.0.0 to 0.0.0.0 are all of Azure's own."""

    start_ip_address: Annotated[str | None, Field(alias="StartIPAddress")] = None
    end_ip_address: Annotated[str | None, Field(alias="EndIPAddress")] = None


class FirewallRules(XmlList[FirewallRule]):
    """Reply of List Firewall Rules."""

    xml_root: ClassVar[str] = "ServiceResources"

    firewall_rules: list[FirewallRule] = repeated(FirewallRule)


class DimensionSetting(ServiceResource):
    """A resource that a service objective promises."""

    id: str | None = None
    description: str | None = None
    ordinal: int | None = None
    is_default: Flag = None


class DimensionSettings(XmlList[DimensionSetting]):
    """Resources that a service objective promises."""

    dimension_settings: list[DimensionSetting] = repeated(DimensionSetting)


class ServiceObjective(ServiceResource):
    """A service level objective: the performance of a database, such as ``S0``."""

    id: str | None = None
    is_default: Flag = None
    is_system: Flag = None
    description: str | None = None
    enabled: Flag = None
    dimension_settings: DimensionSettings = Field(default_factory=DimensionSettings)


class ServiceObjectives(XmlList[ServiceObjective]):
    """Reply of List Service Level Objectives."""

    xml_root: ClassVar[str] = "ServiceResources"

    service_objectives: list[ServiceObjective] = repeated(ServiceObjective)


class Database(ServiceResource):
    """A database; also the request that makes or changes one."""

    id: int | None = None
    edition: DatabaseEdition | None = None
    max_size_gb: Annotated[int | None, Field(alias="MaxSizeGB")] = None
    collation_name: Annotated[str | None, Nillable] = None
    creation_date: datetime | None = None
    is_federation_root: Flag = None
    is_system_object: Flag = None
    size_mb: Annotated[float | None, Nillable, Field(alias="SizeMB")] = None
    max_size_bytes: int | None = None
    service_objective_id: Annotated[str | None, Nillable] = None
    assigned_service_objective_id: str | None = None
    service_objective_assignment_state: int | None = None
    service_objective_assignment_state_description: str | None = None
    service_objective_assignment_error_code: int | None = None
    service_objective_assignment_error_description: Annotated[str | None, Nillable] = None
    service_objective_assignment_success_date: datetime | None = None
    recovery_period_start_date: Annotated[datetime | None, Nillable] = None
    is_suspended: Flag = None


class Databases(XmlList[Database]):
    """Reply of List Databases."""

    xml_root: ClassVar[str] = "ServiceResources"

    databases: list[Database] = repeated(Database)


class DatabaseCopyRequest(ServiceResource):
    """Request that begins a copy of a database, or ends one."""

    partner_server: str | None = None
    partner_database: str | None = None
    is_continuous: bool | None = None
    is_offline_secondary: bool | None = None
    is_forced_terminate: bool | None = None


class DatabaseCopy(ServiceResource):
    """A copy of a database that is being made, or kept up to date."""

    source_server_name: str | None = None
    source_database_name: str | None = None
    destination_server_name: str | None = None
    destination_database_name: str | None = None
    is_continuous: Flag = None
    replication_state: str | None = None
    replication_state_description: str | None = None
    local_database_id: int | None = None
    is_local_database_replication_target: Flag = None
    is_interlink_connected: Flag = None
    start_date: str | None = None
    modify_date: str | None = None
    percent_complete: float | None = None
    is_offline_secondary: Flag = None
    is_termination_allowed: Flag = None


class DatabaseCopies(XmlList[DatabaseCopy]):
    """Reply of List Database Copies."""

    xml_root: ClassVar[str] = "ServiceResources"

    database_copies: list[DatabaseCopy] = repeated(DatabaseCopy)


class DatabaseOperation(ServiceResource):
    """A change of a database, and how far it has come."""

    id: str | None = None
    state_id: int | None = None
    session_activity_id: str | None = None
    database_name: str | None = None
    percent_complete: int | None = None
    error_code: int | None = None
    error: str | None = None
    error_severity: int | None = None
    error_state: int | None = None
    start_time: Annotated[datetime | None, Zoneless] = None
    last_modify_time: Annotated[datetime | None, Zoneless] = None


class DatabaseOperations(XmlList[DatabaseOperation]):
    """Reply of List Database Operations."""

    xml_root: ClassVar[str] = "ServiceResources"

    database_operations: list[DatabaseOperation] = repeated(DatabaseOperation)
