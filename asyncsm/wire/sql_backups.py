"""SQL Database: databases that come back from backups, and imports and exports, which have a namespace of their own."""

from datetime import datetime
from typing import Annotated, ClassVar, Final

from pydantic import Field, SecretStr

from asyncsm.wire.base import Nillable, XmlList, XmlModel, repeated
from asyncsm.wire.sql_databases import DatabaseEdition, ServiceResource
from asyncsm.wire.xml import SERIALIZATION

DAC: Final = "http://schemas.datacontract.org/2004/07/Microsoft.SqlServer.Management.Dac.ServiceTypes"


class RecoverableDatabase(ServiceResource):
    """A database that can be recovered from its last backup."""

    entity_id: str | None = None
    server_name: str | None = None
    edition: DatabaseEdition | None = None
    last_available_backup_date: datetime | None = None


class RecoverableDatabases(XmlList[RecoverableDatabase]):
    """Reply of List Recoverable Databases."""

    xml_root: ClassVar[str] = "ServiceResources"

    recoverable_databases: list[RecoverableDatabase] = repeated(RecoverableDatabase)


class RestorableDroppedDatabase(ServiceResource):
    """A dropped database that can be restored."""

    entity_id: str | None = None
    server_name: str | None = None
    edition: DatabaseEdition | None = None
    max_size_bytes: int | None = None
    creation_date: datetime | None = None
    deletion_date: datetime | None = None
    recovery_period_start_date: Annotated[datetime | None, Nillable] = None


class RestorableDroppedDatabases(XmlList[RestorableDroppedDatabase]):
    """Reply of List Restorable Dropped Databases."""

    xml_root: ClassVar[str] = "ServiceResources"

    restorable_dropped_databases: list[RestorableDroppedDatabase] = repeated(RestorableDroppedDatabase)


class DatabaseRecovery(ServiceResource):
    """Request of Recover Database and of Restore Database, and the replies to them."""

    recovery_request_id: Annotated[str | None, Field(alias="RequestID")] = None
    """The id of the operation that makes the database."""
    source_database_name: str | None = None
    source_database_deletion_date: datetime | None = None
    target_server_name: str | None = None
    target_database_name: str | None = None
    target_utc_point_in_time: datetime | None = None


class BlobCredentials(XmlModel):
    """The blob of an import or export, and a key of its storage account."""

    xml_namespace: ClassVar[str | None] = DAC

    type: Annotated[str, Field(alias="@i:type")] = "BlobStorageAccessKeyCredentials"
    uri: str
    storage_access_key: SecretStr


class DatabaseConnection(XmlModel):
    """The database of an import or export, and who may connect to it."""

    xml_root: ClassVar[str] = "ConnectionInfo"
    xml_namespace: ClassVar[str | None] = DAC

    database_name: str
    password: SecretStr
    server_name: str
    """The full name, such as ``x1234.database.windows.net``."""
    user_name: str


class ExportInput(XmlModel):
    """Request of Export Database."""

    xml_namespace: ClassVar[str | None] = DAC

    blob_credentials: BlobCredentials
    connection_info: DatabaseConnection


class ImportInput(XmlModel):
    """Request of Import Database."""

    xml_namespace: ClassVar[str | None] = DAC

    azure_edition: DatabaseEdition | None = None
    blob_credentials: BlobCredentials
    connection_info: DatabaseConnection
    database_size_in_gb: Annotated[int, Field(alias="DatabaseSizeInGB")]


class StatusInput(XmlModel):
    """Request that asks for the status of an import or export."""

    xml_namespace: ClassVar[str | None] = DAC

    password: SecretStr
    import_export_id: Annotated[str, Field(alias="RequestId")]
    server_name: str
    user_name: str


class ImportExportId(XmlModel):
    """Reply of Import Database and Export Database: what to ask for its status by."""

    xml_root: ClassVar[str] = "guid"
    xml_namespace: ClassVar[str | None] = SERIALIZATION

    guid: Annotated[str, Field(alias="#text")] = ""


class StatusInfo(XmlModel):
    """The status of an import or export."""

    xml_namespace: ClassVar[str | None] = DAC

    blob_uri: str | None = None
    database_name: str | None = None
    error_message: Annotated[str | None, Nillable] = None
    last_modified_time: datetime | None = None
    queued_time: datetime | None = None
    import_export_id: Annotated[str | None, Field(alias="RequestId")] = None
    request_type: str | None = None
    server_name: str | None = None
    status: str | None = None


class StatusInfos(XmlList[StatusInfo]):
    """Reply of Get Import/Export Status."""

    xml_root: ClassVar[str] = "ArrayOfStatusInfo"
    xml_namespace: ClassVar[str | None] = DAC

    status_infos: list[StatusInfo] = repeated(StatusInfo)
