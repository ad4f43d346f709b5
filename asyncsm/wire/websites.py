"""Web Sites: web spaces, sites with their metrics and publishing profiles, and web hosting plans.

The elements of a reply are in alphabetical order, those of a request in an order of their own; so what makes or
changes a site is another model than what is read. Site configuration is JSON, see `site_configuration`.
"""

from datetime import datetime
from typing import Annotated, ClassVar, Final

from pydantic import Field, SecretStr

from asyncsm.wire.base import Nillable, OpenEnum, Thumbprint, Wrapped, XmlList, XmlModel, repeated, wrapped
from asyncsm.wire.types import HiddenStr, Zoneless
from asyncsm.wire.xml import ARRAYS, SERIALIZATION

Absent = Annotated[str | None, Nillable]
"""Text that the service says it does not have."""

_STRINGS: Final = {"a": ARRAYS}


class SiteState(OpenEnum):
    """The state of a site."""

    RUNNING = "Running"
    STOPPED = "Stopped"


class WebSpace(XmlModel):
    """The part of a region in which a subscription has its sites and plans."""

    availability_state: str | None = None
    compute_mode: Absent = None
    current_number_of_workers: Annotated[int | None, Nillable] = None
    current_worker_size: Absent = None
    geo_location: str | None = None
    geo_region: str | None = None
    hosting_environment: Absent = None
    name: str | None = None
    number_of_workers: Annotated[int | None, Nillable] = None
    plan: str | None = None
    status: str | None = None
    subscription: str | None = None
    worker_size: Absent = None


class WebSpaces(XmlList[WebSpace]):
    """Reply of List Web Spaces."""

    web_space: list[WebSpace] = repeated(WebSpace)


class GeoRegion(XmlModel):
    """A region in which sites can be."""

    description: Absent = None
    display_name: str | None = None
    name: str | None = None
    sort_order: int | None = None


class GeoRegions(XmlList[GeoRegion]):
    """Reply of List Geo Regions."""

    geo_region: list[GeoRegion] = repeated(GeoRegion)


class PublishingUser(XmlModel):
    """A name and password to publish sites with, besides those of each site; request and reply."""

    xml_root: ClassVar[str] = "User"

    name: str | None = None
    publishing_password: SecretStr | None = None
    publishing_user_name: str | None = None


class HostNameAvailability(XmlModel):
    """Reply of Is Hostname Available."""

    xml_root: ClassVar[str] = "boolean"
    xml_namespace: ClassVar[str | None] = SERIALIZATION

    is_available: Annotated[bool | None, Field(alias="#text")] = None


class DnsSuffix(XmlModel):
    """Reply of Get DNS Suffix."""

    xml_root: ClassVar[str] = "string"
    xml_namespace: ClassVar[str | None] = SERIALIZATION

    dns_suffix: Annotated[str, Field(alias="#text")] = ""


class RepositoryUri(XmlModel):
    """Reply of Get Repository: where its content is pushed to."""

    xml_root: ClassVar[str] = "anyURI"
    xml_namespace: ClassVar[str | None] = SERIALIZATION

    uri: Annotated[str, Field(alias="#text")] = ""


class ListedName(XmlModel):
    """A text in a list of them; it may be absent."""

    xml_root: ClassVar[str] = "string"
    xml_namespace: ClassVar[str | None] = ARRAYS

    nil: Annotated[bool | None, Field(alias="@i:nil")] = None
    name: Annotated[str, Field(alias="#text")] = ""


class ListedNames(XmlList[ListedName]):
    """A reply that is a list of texts."""

    xml_root: ClassVar[str] = "ArrayOfstring"
    xml_namespace: ClassVar[str | None] = ARRAYS

    names: list[ListedName] = repeated(ListedName)


class HostNameSslState(XmlModel):
    """A host name of a site, and its certificate."""

    host_type: str | None = None
    ip_based_ssl_state: Annotated[str | None, Field(alias="IPBasedSslState")] = None
    ip_based_ssl_result: Annotated[str | None, Nillable, Field(alias="IpBasedSslResult")] = None
    name: str | None = None
    ssl_state: str | None = None
    thumbprint: Absent = None
    to_update: Annotated[bool | None, Nillable] = None
    to_update_ip_based_ssl: Annotated[bool | None, Nillable] = None
    virtual_ip: Annotated[str | None, Nillable, Field(alias="VirtualIP")] = None


class HostNameSslStates(XmlList[HostNameSslState]):
    """Host names of a site."""

    host_name_ssl_state: list[HostNameSslState] = repeated(HostNameSslState)


class WebSiteHostNameSslState(XmlModel):
    """A certificate for a host name of a site; part of a request."""

    name: str
    ssl_state: str
    thumbprint: Annotated[str | None, Nillable, Thumbprint] = None
    to_update: bool = True


class WebSiteHostNameSslStates(XmlList[WebSiteHostNameSslState]):
    """Certificates for host names of a site; part of a request."""

    xml_root: ClassVar[str] = "HostNameSslStates"

    host_name_ssl_states: list[WebSiteHostNameSslState] = repeated(WebSiteHostNameSslState)


class NameValuePair(XmlModel):
    """A property of a site; its password for publishing is one."""

    name: str | None = None
    value: HiddenStr | None = None


class NameValuePairs(XmlList[NameValuePair]):
    """Properties of a site."""

    pairs: list[NameValuePair] = repeated(NameValuePair)


class SiteProperties(XmlModel):
    """Settings and properties of a site, as far as they were asked for."""

    app_settings: Annotated[NameValuePairs | None, Nillable] = None
    metadata: Annotated[NameValuePairs | None, Nillable] = None
    properties: NameValuePairs = Field(default_factory=NameValuePairs)


class Site(XmlModel):
    """A web site, or a slot of one."""

    xml_prefixes: ClassVar[dict[str, str]] = _STRINGS

    admin_enabled: bool | None = None
    availability_state: str | None = None
    cers: Absent = None
    client_affinity_enabled: Annotated[bool | None, Nillable] = None
    client_cert_enabled: Annotated[bool | None, Nillable] = None
    cloning_info: Absent = None
    compute_mode: Absent = None
    content_availability_state: str | None = None
    csrs: str | None = None
    deployment_id: str | None = None
    enabled: bool | None = None
    enabled_host_names: list[str] = wrapped(str, item="a:string")
    gateway_site_name: Absent = None
    host_name_ssl_states: HostNameSslStates = Field(default_factory=HostNameSslStates)
    host_names: list[str] = wrapped(str, item="a:string")
    hosting_environment: Absent = None
    hosting_environment_id: Absent = None
    kind: Absent = None
    last_modified_time_utc: Annotated[datetime | None, Zoneless] = None
    micro_service: str | None = None
    name: str | None = None
    outbound_ip_addresses: str | None = None
    owner: Absent = None
    premium_app_deployed: Annotated[bool | None, Nillable] = None
    repository_site_name: str | None = None
    runtime_availability_state: str | None = None
    sku: Annotated[str | None, Field(alias="SKU")] = None
    ssl_certificates: Annotated[str | None, Nillable, Field(alias="SSLCertificates")] = None
    scm_site_also_stopped: bool | None = None
    self_link: str | None = None
    server_farm: str | None = None
    server_farm_id: Absent = None
    site_config: Absent = None
    site_mode: Absent = None
    site_properties: SiteProperties = Field(default_factory=SiteProperties)
    state: SiteState | None = None
    storage_recovery_default_state: str | None = None
    target_swap_slot: Absent = None
    traffic_manager_host_names: Annotated[list[str] | None, Wrapped("a:string"), Nillable] = None
    usage_state: str | None = None
    web_hosting_plan: Absent = None
    web_space: str | None = None


class Sites(XmlList[Site]):
    """Reply of List Web Sites."""

    site: list[Site] = repeated(Site)


class WebSpaceToCreate(XmlModel):
    """The web space that is made with a site, where there is none."""

    geo_region: str
    name: str
    plan: str | None = None


class CreateSite(XmlModel):
    """Request of Create Web Site."""

    xml_root: ClassVar[str] = "Site"
    xml_prefixes: ClassVar[dict[str, str]] = _STRINGS

    host_names: list[str] = wrapped(str, item="a:string")
    name: str
    compute_mode: str | None = None
    server_farm: str | None = None
    site_mode: str | None = None
    web_space_to_create: WebSpaceToCreate | None = None


class UpdateSite(XmlModel):
    """Request of Update Web Site."""

    xml_root: ClassVar[str] = "Site"
    xml_prefixes: ClassVar[dict[str, str]] = _STRINGS

    host_name_ssl_states: WebSiteHostNameSslStates | None = None
    host_names: Annotated[list[str] | None, Wrapped("a:string")] = None
    server_farm: str | None = None
    state: SiteState | None = None


class ConnectionString(XmlModel):
    """A connection string of a publishing profile."""

    xml_root: ClassVar[str] = "add"
    xml_namespace: ClassVar[str | None] = None

    name: Annotated[str | None, Field(alias="@name")] = None
    connection_string: Annotated[SecretStr | None, Field(alias="@connectionString")] = None
    provider_name: Annotated[str | None, Field(alias="@providerName")] = None
    type: Annotated[str | None, Field(alias="@type")] = None


class ConnectionStrings(XmlList[ConnectionString]):
    """The connection strings of a publishing profile."""

    xml_namespace: ClassVar[str | None] = None

    connection_strings: list[ConnectionString] = repeated(ConnectionString)


class PublishProfile(XmlModel):
    """How to publish a site, and with which name and password."""

    xml_root: ClassVar[str] = "publishProfile"
    xml_namespace: ClassVar[str | None] = None

    profile_name: Annotated[str | None, Field(alias="@profileName")] = None
    publish_method: Annotated[str | None, Field(alias="@publishMethod")] = None
    publish_url: Annotated[str | None, Field(alias="@publishUrl")] = None
    msdeploysite: Annotated[str | None, Field(alias="@msdeploySite")] = None
    ftp_passive_mode: Annotated[str | None, Field(alias="@ftpPassiveMode")] = None
    user_name: Annotated[str | None, Field(alias="@userName")] = None
    user_pwd: Annotated[SecretStr | None, Field(alias="@userPWD")] = None
    destination_app_url: Annotated[str | None, Field(alias="@destinationAppUrl")] = None
    sql_server_db_connection_string: Annotated[
        SecretStr | None, Field(alias="@SQLServerDBConnectionString")
    ] = None
    my_sqldb_connection_string: Annotated[SecretStr | None, Field(alias="@mySQLDBConnectionString")] = None
    hosting_provider_forum_link: Annotated[str | None, Field(alias="@hostingProviderForumLink")] = None
    control_panel_link: Annotated[str | None, Field(alias="@controlPanelLink")] = None
    web_system: Annotated[str | None, Field(alias="@webSystem")] = None
    databases: Annotated[ConnectionStrings, Field(alias="databases")] = Field(
        default_factory=ConnectionStrings
    )


class PublishData(XmlList[PublishProfile]):
    """Reply of Get Publish Profile."""

    xml_root: ClassVar[str] = "publishData"
    xml_namespace: ClassVar[str | None] = None

    publish_profiles: list[PublishProfile] = repeated(PublishProfile)


class WebSiteError(XmlModel):
    """The reason why a request was refused, or an operation failed."""

    xml_root: ClassVar[str] = "Error"
    xml_prefixes: ClassVar[dict[str, str]] = _STRINGS

    code: str | None = None
    message: str | None = None
    extended_code: str | None = None
    message_template: str | None = None
    parameters: list[str] = wrapped(str, item="a:string")
    inner_errors: Absent = None


class WebSiteErrors(XmlList[WebSiteError]):
    """The reasons why an operation failed."""

    errors: list[WebSiteError] = repeated(WebSiteError)


class WebSiteOperation(XmlModel):
    """A change of a site that goes on after its reply."""

    xml_root: ClassVar[str] = "Operation"

    created_time: datetime | None = None
    errors: WebSiteErrors = Field(default_factory=WebSiteErrors)
    expiration_time: datetime | None = None
    geo_master_operation_id: Absent = None
    id: Absent = None
    modified_time: datetime | None = None
    name: Absent = None
    status: str | None = None


class ServerFarm(XmlModel):
    """A web hosting plan: the workers that sites share."""

    admin_site_name: Absent = None
    current_number_of_workers: int | None = None
    current_worker_size: str | None = None
    current_worker_size_id: int | None = None
    hosting_environment: Absent = None
    maximum_number_of_workers: int | None = None
    name: str | None = None
    number_of_workers: int | None = None
    plan_name: Absent = None
    sku: Annotated[str | None, Field(alias="SKU")] = None
    status: str | None = None
    subscription: str | None = None
    web_space: str | None = None
    worker_size: str | None = None
    worker_size_id: int | None = None


class ServerFarms(XmlList[ServerFarm]):
    """Reply of List Web Hosting Plans."""

    server_farm: list[ServerFarm] = repeated(ServerFarm)


class ServerFarmInput(XmlModel):
    """Request of Create Web Hosting Plan and of Update Web Hosting Plan."""

    xml_root: ClassVar[str] = "ServerFarm"

    name: str | None = None
    number_of_workers: int | None = None
    sku: Annotated[str, Field(alias="SKU")]
    worker_size: str | None = None
    admin_site_name: str | None = None
