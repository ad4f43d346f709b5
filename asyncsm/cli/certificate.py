"""``asyncsm certificate``: make a management certificate, look at one, or convert it."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Final

import typer

from asyncsm import config
from asyncsm.cli import output as outputs
from asyncsm.cli.commands import Commands
from asyncsm.cli.common import AskPassword, OutputOption, Query, ask_for_password, say
from asyncsm.cli.output import Columns, Output
from asyncsm.credentials import ManagementCertificate, create_management_certificate
from asyncsm.errors import CredentialError, InvalidArgument

app: Commands = Commands("certificate")

CREATED: Final[Columns] = {
    "subject": "subject",
    "thumbprint": "thumbprint",
    "valid until": "not_valid_after",
    "key and certificate": "pem",
    "to upload": "cer",
    "for Windows": "pfx",
}
DETAILS: Final[Columns] = {
    "source": "source",
    "subject": "subject",
    "thumbprint": "thumbprint",
    "valid from": "not_valid_before",
    "valid until": "not_valid_after",
    "days left": "days_left",
    "public key": "public_key",
}


@app.command("create")
def create(
    name: Annotated[str, typer.Argument(help="Common name, and name of the files.")] = "asyncsm",
    days: Annotated[int, typer.Option(help="How long it is valid.")] = 365,
    directory: Annotated[Path, typer.Option(help="Where the files go.")] = Path(),
    key_size: Annotated[int, typer.Option(help="Bits of the RSA key.")] = 2048,
    pfx: Annotated[bool, typer.Option("--pfx", help="Also write a .pfx; its password is asked for.")] = False,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace existing files.")] = False,
    output: OutputOption = Output.TABLE,
    query: Query = None,
) -> None:
    """Make a self-signed certificate: NAME.pem for the client, NAME.cer to upload."""
    password = None
    if pfx:
        password = ask_for_password(f"{name}.pfx", new=True)
    made = create_management_certificate(
        name, days=days, directory=directory, pfx_password=password, key_size=key_size, overwrite=overwrite
    )
    facts = _facts(made.certificate) | {"pem": made.pem_path, "cer": made.cer_path, "pfx": made.pfx_path}
    outputs.show(facts, CREATED, output, query)
    say(f"Upload {made.cer_path} to the subscription, then: export AZURE_MANAGEMENT_CERTFILE={made.pem_path}")


@app.command("show")
def show(
    file: Annotated[
        str | None, typer.Argument(help="PEM, PFX or .publishsettings file; else AZURE_MANAGEMENT_CERTFILE.")
    ] = None,
    ask_password: AskPassword = False,
    output: OutputOption = Output.TABLE,
    query: Query = None,
) -> None:
    """Show whose a certificate is and how long it is valid; never its key."""
    source = file or config.environment().cert_file
    if source is None:
        raise CredentialError("no certificate: name the file, or set AZURE_MANAGEMENT_CERTFILE")
    certificate = _loaded(source, ask_password)
    outputs.show({"source": certificate.source} | _facts(certificate), DETAILS, output, query)


@app.command("convert")
def convert(
    file: Annotated[str, typer.Argument(help="PEM, PFX or .publishsettings file, or a Windows store place.")],
    target: Annotated[
        Path,
        typer.Argument(help="The file to write: .pem (key in clear), .pfx (asks for its password) or .cer."),
    ],
    key: Annotated[
        str | None, typer.Option(help="File of the key, if FILE has the certificate only.")
    ] = None,
    ask_password: AskPassword = False,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace an existing file.")] = False,
) -> None:
    """Write a certificate in another form; its key is readable by this user only."""
    form = target.suffix.lower()
    if form not in {".pem", ".pfx", ".p12", ".cer"}:
        raise InvalidArgument("target", f"{target}: the name ends in .pem, .pfx, .p12 or .cer")
    certificate = _loaded(file, ask_password, key)
    if form == ".pem":
        certificate.write_pem(target, overwrite=overwrite)
    elif form == ".cer":
        certificate.write_cer(target, overwrite=overwrite)
    else:
        certificate.write_pfx(target, ask_for_password(target.name, new=True), overwrite=overwrite)
    say(f"{target}: {certificate.subject}, {certificate.thumbprint}")


def _loaded(source: str, ask_password: bool, key: str | None = None) -> ManagementCertificate:
    """Load a certificate, an expired one too; its password is asked for, or the environment's."""
    password = ask_for_password() if ask_password else config.environment().cert_password
    if key is not None:
        return ManagementCertificate.from_pem(source, key, password, check_validity=False)
    return ManagementCertificate.load(source, password, check_validity=False)


def _facts(certificate: ManagementCertificate) -> dict[str, object]:
    return {
        "subject": certificate.subject,
        "thumbprint": certificate.thumbprint,
        "not_valid_before": certificate.not_valid_before,
        "not_valid_after": certificate.not_valid_after,
        "days_left": (certificate.not_valid_after - datetime.now(UTC)).days,
        "public_key": certificate.public_key_base64,
    }
