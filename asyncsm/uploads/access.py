"""Access to a storage account: its address and key, a client of a container, and its errors as asyncsm's.

azure-storage-blob is an optional dependency, so it is imported only where it is used.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypedDict

from pydantic import SecretStr

from asyncsm.errors import ConnectionFailed, ConnectionLost, InvalidArgument, ServiceError
from asyncsm.operations.storage import StorageAccountOperations
from asyncsm.secrecy import StaysInProcess
from asyncsm.wire.refusals import service_error_class

if TYPE_CHECKING:
    from azure.core.credentials import AzureNamedKeyCredential, AzureSasCredential
    from azure.core.exceptions import HttpResponseError
    from azure.storage.blob.aio import ContainerClient

# The library's default is 15 seconds.
_FIRST_PAUSE: Final = 1
_RETRIES: Final = 5
_KEY: Final = re.compile(r"(?:[A-Za-z0-9+/]{4})+(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?")

# Whoever only looks does not wait for a host that does not answer, or has no address, as long as an upload does.
_LOOK_CONNECTIONS: Final = 1
_LOOK_CONNECT_TIMEOUT: Final = 5
# The library's default, a minute, is too short for several chunks at once on a slow line.
_READ_TIMEOUT: Final = 300


@dataclass(frozen=True, slots=True)
class BlobAccount(StaysInProcess):
    """A storage account that can be written to.

    Attributes:
        name: its name.
        url: its blob endpoint.
        credential: an access key or a shared access signature.
    """

    name: str
    url: str
    credential: SecretStr

    @property
    def is_delegated(self) -> bool:
        """True if the credential is a shared access signature, which may not create containers."""
        return "sig=" in self.credential.get_secret_value()

    def blob_url(self, container: str, name: str) -> str:
        """Return the address of a blob, for messages."""
        return f"{self.url.rstrip('/')}/{container}/{name}"


async def find_account(
    sms: StorageAccountOperations, account: str, account_url: str | None, credential: str | SecretStr | None
) -> BlobAccount:
    """Find address and key of a storage account; the service is asked for those that are not given.

    Raises:
        ResourceNotFound: there is no such storage account.
        InvalidArgument: the account has no blob endpoint or key yet.
    """
    if account_url is None:
        properties = (await sms.get_storage_account_properties(account)).storage_service_properties
        account_url = next((url for url in properties.endpoints if _is_of_blobs(account, url)), None)
        if account_url is None:
            raise InvalidArgument(
                "account",
                f"{account!r} has no blob endpoint; it is {properties.status}: wait_for_storage_account waits",
            )
    if credential is None:
        credential = (await sms.get_storage_account_keys(account)).storage_service_keys.primary
        if credential is None:
            raise InvalidArgument("account", f"{account!r} shows no key; give a credential")
    secret = SecretStr(credential) if isinstance(credential, str) else credential
    found = BlobAccount(account, account_url, secret)
    if not found.is_delegated and not _KEY.fullmatch(secret.get_secret_value()):
        raise InvalidArgument(
            "credential", "is neither an access key, which is base64, nor a signature (sig=)"
        )
    return found


def _is_of_blobs(account: str, url: str) -> bool:
    """Tell whether an endpoint is that of blobs; Azurite's has the account in its path, not in its host."""
    return ".blob." in url or url.rstrip("/").endswith(f"/{account}")


@asynccontextmanager
async def open_container(account: BlobAccount, container: str, name: str) -> AsyncIterator[ContainerClient]:
    """Open a client of a container, and create the container if need be; translate the library's errors.

    Args:
        account: the storage account.
        container: the container.
        name: the blob that is about to be written, for messages.

    Raises:
        ImportError: azure-storage-blob is not installed.
        ServiceError: the storage service refused a request.
        TransportError: the storage service could not be reached.
    """
    url = account.blob_url(container, name)
    with translated(url):
        from azure.storage.blob.aio import ContainerClient

        async with ContainerClient(account.url, container, **client_options(account)) as client:
            if not account.is_delegated:
                await _ensure(client)
            yield client


@contextmanager
def translated(url: str) -> Iterator[None]:
    """Raise the library's errors as asyncsm's; `url` is what they are about.

    Raises:
        ImportError: azure-storage-blob is not installed.
        ServiceError: the storage service refused a request.
        TransportError: the storage service could not be reached.
    """
    try:
        import azure.storage.blob.aio  # noqa: F401 - who uses it finds it here
        from azure.core.exceptions import HttpResponseError, ServiceRequestError, ServiceResponseError
    except ImportError as error:
        raise ImportError("blobs need azure-storage-blob: pip install 'asyncsm[storage]'") from error
    try:
        yield
    except HttpResponseError as error:
        raise _service_error(error, url) from error
    except ServiceRequestError as error:
        raise ConnectionFailed(f"cannot reach {url}: {error.message}") from error
    except ServiceResponseError as error:
        raise ConnectionLost(f"the connection broke while {url} was read or written: {error}") from error


class ClientOptions(TypedDict):
    """Options of the library's clients."""

    credential: AzureNamedKeyCredential | AzureSasCredential
    initial_backoff: int
    retry_total: int
    read_timeout: int


class LookingOptions(ClientOptions):
    """Options of the library's clients that list."""

    retry_connect: int
    connection_timeout: int


def client_options(account: BlobAccount) -> ClientOptions:
    """Return the options of a client for an account."""
    return {
        "credential": _credential(account),
        "initial_backoff": _FIRST_PAUSE,
        "retry_total": _RETRIES,
        "read_timeout": _READ_TIMEOUT,
    }


def looking_options(account: BlobAccount) -> LookingOptions:
    """Return the options of a client that lists, and can be asked again: it soon gives up on a silent host."""
    return {
        **client_options(account),
        "retry_connect": _LOOK_CONNECTIONS,
        "connection_timeout": _LOOK_CONNECT_TIMEOUT,
    }


def _credential(account: BlobAccount) -> AzureNamedKeyCredential | AzureSasCredential:
    from azure.core.credentials import AzureNamedKeyCredential, AzureSasCredential

    secret = account.credential.get_secret_value()
    if account.is_delegated:
        return AzureSasCredential(secret.removeprefix("?"))
    return AzureNamedKeyCredential(account.name, secret)


async def _ensure(client: ContainerClient) -> None:
    from azure.core.exceptions import ResourceExistsError

    try:
        await client.create_container()
    except ResourceExistsError as error:
        if _code(error) != "ContainerAlreadyExists":  # a container in deletion cannot be used
            raise


def _service_error(error: HttpResponseError, url: str) -> ServiceError:
    code = _code(error)
    status = error.status_code or 0
    message = error.message.splitlines()[0] if error.message else "no reason was given"
    headers = getattr(error.response, "headers", {})
    return service_error_class(status, code, message)(
        code, message, status=status, request_id=headers.get("x-ms-request-id"), resource=url
    )


def _code(error: HttpResponseError) -> str:
    # azure-storage-blob sets an attribute its errors do not declare, to an enumeration or to text.
    code = getattr(error, "error_code", None) or error.reason or "Unknown"
    return str(getattr(code, "value", code))
