"""``asyncsm service certificate`` and ``asyncsm account certificate``: certificates from files."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from asyncsm.cli.commands import Commands
from asyncsm.cli.common import CallOptions, NoWait, calling, needed_password
from asyncsm.cli.names import ServiceName
from asyncsm.errors import InvalidArgument

app: Commands = Commands("certificate")
account: Commands = Commands("certificate")


@app.command("upload")
@calling
async def upload(
    call: CallOptions,
    service_name: ServiceName,
    file: Annotated[Path, typer.Argument(help=".pfx file, or .cer without a private key.")],
    password: Annotated[
        str | None, typer.Option(envvar="ASYNCSM_PASSWORD", help="Of the .pfx; else it is asked for.")
    ] = None,
    no_wait: NoWait = False,
) -> None:
    """Give a certificate to a hosted service, for its machines."""
    suffix = file.suffix.lower()
    if suffix not in {".pfx", ".p12", ".cer"}:
        raise InvalidArgument("FILE", f"{file}: the name ends in .pfx, .p12 or .cer")
    form = "cer" if suffix == ".cer" else "pfx"
    if form == "pfx" and password is None:
        password = needed_password("--password", "ASYNCSM_PASSWORD", file.name)
    async with call.service() as sms:
        handle = await sms.add_service_certificate(service_name, file, form, password)
        await call.finish(handle, wait=not no_wait)


@account.command("upload")
@calling
async def upload_for_management(
    call: CallOptions,
    file: Annotated[
        Path, typer.Argument(help="Certificate with its key, as asyncsm certificate create makes it.")
    ],
    password: Annotated[
        str | None, typer.Option(envvar="ASYNCSM_PASSWORD", help="Of a .pfx, or of an encrypted key.")
    ] = None,
    no_wait: NoWait = False,
) -> None:
    """Let the owner of a certificate manage the subscription; its key does not leave this computer."""
    from asyncsm.credentials import ManagementCertificate

    certificate = ManagementCertificate.load(str(file), password)
    async with call.service() as sms:
        handle = await sms.add_management_certificate(
            certificate.public_key_base64, certificate.thumbprint, certificate.data_base64
        )
        await call.finish(handle, wait=not no_wait)
