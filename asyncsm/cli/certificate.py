"""``asyncsm certificate``: make a management certificate, or look at one."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Final

import typer

from asyncsm import config
from asyncsm.cli import output as outputs
from asyncsm.cli.common import OutputOption, Query, say
from asyncsm.cli.output import Columns, Output
from asyncsm.credentials import ManagementCertificate, create_management_certificate
from asyncsm.errors import CredentialError

app: typer.Typer = typer.Typer(name="certificate", help="Management certificates.", no_args_is_help=True)

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
        password = typer.prompt(
            f"Password of {name}.pfx", hide_input=True, confirmation_prompt=True, err=True
        )
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
    ask_password: Annotated[
        bool, typer.Option("--ask-password", help="Ask for the password of the file.")
    ] = False,
    output: OutputOption = Output.TABLE,
    query: Query = None,
) -> None:
    """Show whose a certificate is and how long it is valid; never its key."""
    source = file or config.environment().cert_file
    if source is None:
        raise CredentialError("no certificate: name the file, or set AZURE_MANAGEMENT_CERTFILE")
    password = typer.prompt("Password", hide_input=True, err=True) if ask_password else None
    certificate = ManagementCertificate.load(source, password, check_validity=False)
    outputs.show({"source": certificate.source} | _facts(certificate), DETAILS, output, query)


def _facts(certificate: ManagementCertificate) -> dict[str, object]:
    return {
        "subject": certificate.subject,
        "thumbprint": certificate.thumbprint,
        "not_valid_before": certificate.not_valid_before,
        "not_valid_after": certificate.not_valid_after,
        "days_left": (certificate.not_valid_after - datetime.now(UTC)).days,
        "public_key": certificate.public_key_base64,
    }
