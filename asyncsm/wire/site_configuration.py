"""The configuration of a web site, which is JSON; some words are numbers in it."""

from datetime import datetime
from typing import Annotated

from pydantic import Field, JsonValue

from asyncsm.wire.json_model import JsonHidden, JsonModel, JsonSecret, JsonSettings, PascalModel


class NameAndValue(PascalModel):
    """A setting of a site."""

    name: str | None = None
    value: JsonHidden | None = None


class ConnectionStringInfo(PascalModel):
    """A connection string of a site."""

    connection_string: JsonSecret | None = None
    name: str | None = None
    type: int | None = None
    """0 MySql, 1 SQL Server, 2 SQL Database, 3 another."""


class HandlerMapping(PascalModel):
    """The program that answers for a kind of file."""

    arguments: str | None = None
    extension: str | None = None
    script_processor: str | None = None


class SiteLimits(PascalModel):
    """How much a site may use."""

    max_percentage_cpu: float | None = None
    max_memory_in_mb: int | None = None
    max_disk_size_in_mb: int | None = None


class VirtualApplication(JsonModel):
    """A folder of a site that is an application of its own."""

    physical_path: str | None = None
    preload_enabled: bool | None = None
    virtual_directories: JsonValue = None
    virtual_path: str | None = None


class SiteConfiguration(PascalModel):
    """The configuration of a site; also the request that changes what is set in it."""

    always_on: bool | None = None
    app_settings: list[NameAndValue] | None = None
    auto_heal_enabled: bool | None = None
    auto_heal_rules: JsonValue = None
    auto_swap_slot_name: str | None = None
    connection_strings: list[ConnectionStringInfo] | None = None
    custom_app_pool_identity_admin_state: bool | None = None
    custom_app_pool_identity_tenant_state: bool | None = None
    default_documents: list[str] | None = None
    detailed_error_logging_enabled: bool | None = None
    document_root: str | None = None
    experiments: JsonValue = None
    handler_mappings: list[HandlerMapping] | None = None
    http_logging_enabled: bool | None = None
    java_container: str | None = None
    java_container_version: str | None = None
    java_version: str | None = None
    limits: SiteLimits | None = None
    load_balancing: int | None = None
    logs_directory_size_limit: int | None = None
    managed_pipeline_mode: int | None = None
    """0 integrated, 1 classic."""
    metadata: list[NameAndValue] | None = None
    net_framework_version: str | None = None
    number_of_workers: int | None = None
    php_version: str | None = None
    publishing_password: JsonSecret | None = None
    publishing_username: str | None = None
    python_version: str | None = None
    remote_debugging_enabled: bool | None = None
    remote_debugging_version: str | None = None
    request_tracing_enabled: bool | None = None
    request_tracing_expiration_time: datetime | None = None
    routing_rules: list[dict[str, JsonValue]] | None = None
    runtime_ad_user: Annotated[str | None, Field(alias="RuntimeADUser")] = None
    runtime_ad_user_password: Annotated[JsonSecret | None, Field(alias="RuntimeADUserPassword")] = None
    scm_type: str | None = None
    site_auth_enabled: bool | None = None
    site_auth_settings: JsonSettings | None = None
    tracing_options: JsonValue = None
    use32_bit_worker_process: Annotated[bool | None, Field(alias="Use32BitWorkerProcess")] = None
    virtual_applications: list[VirtualApplication] | None = None
    vnet_name: str | None = None
    web_sockets_enabled: bool | None = None
    win_auth_admin_state: int | None = None
    win_auth_tenant_state: int | None = None


class SlotConfigurationNames(PascalModel):
    """Names of settings that stay with their slot when slots are swapped."""

    connection_string_names: list[str] | None = None
    app_setting_names: list[str] | None = None
