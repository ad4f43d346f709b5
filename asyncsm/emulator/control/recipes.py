"""Ways to connect to the emulator, each a text that works as it is shown."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator, Mapping

from pydantic import Field

from asyncsm.config import API_VERSION
from asyncsm.emulator.control.schemas import Shown


class Recipe(Shown):
    """A way to connect."""

    name: str = Field(description="Short, and unique.")
    title: str
    about: str = Field(description="What has to be there, and where to put the text.")
    language: str = Field(description="bash, powershell or python.")
    text: str


class RecipeList(Shown):
    """Ways to connect to the emulator."""

    recipes: list[Recipe]


def environment(facts: Mapping[str, object], subscription: str) -> dict[str, str]:
    """Return the variables that point asyncsm to the emulator."""
    return {
        "AZURE_MANAGEMENT_SUBSCRIPTIONID": subscription,
        "AZURE_MANAGEMENT_CERTFILE": str(facts["certificate_path"]),
        "AZURE_MANAGEMENT_HOST": str(facts["url"]),
        "AZURE_MANAGEMENT_CA_FILE": str(facts["ca_path"]),
    }


def recipes(facts: Mapping[str, object], subscription: str) -> Iterator[Recipe]:
    """Yield ways to connect to the emulator with these `facts`, for one of its subscriptions."""
    variables = environment(facts, subscription)
    url, certificate, authority = (
        variables[f"AZURE_MANAGEMENT_{name}"] for name in ("HOST", "CERTFILE", "CA_FILE")
    )
    yield from _variables(variables)
    yield from _python(url, subscription, certificate, authority)
    yield from _others(url, subscription, certificate, authority)


def _variables(variables: Mapping[str, str]) -> Iterator[Recipe]:
    exports = "\n".join(f"export {name}={shlex.quote(value)}" for name, value in variables.items())
    assignments = "\n".join(f"$env:{name} = {_single(value)}" for name, value in variables.items())
    yield Recipe(
        name="shell",
        title="Shell",
        about="asyncsm and its command line take these variables; so does a program that names no service.",
        language="bash",
        text=f"{exports}\nasyncsm service list",
    )
    yield Recipe(
        name="powershell",
        title="PowerShell",
        about="The same variables, on Windows.",
        language="powershell",
        text=f"{assignments}\nasyncsm service list",
    )


def _python(url: str, subscription: str, certificate: str, authority: str) -> Iterator[Recipe]:
    yield Recipe(
        name="asyncsm",
        title="asyncsm",
        about="A Python program that names everything.",
        language="python",
        text=f"""import asyncio
from asyncsm import ServiceManagementService

async def main():
    async with ServiceManagementService(
        {json.dumps(subscription)},
        {json.dumps(certificate)},
        host={json.dumps(url)},
        ca_file={json.dumps(authority)},
    ) as sms:
        for location in await sms.list_locations():
            print(location.name)

asyncio.run(main())""",
    )
    yield Recipe(
        name="old-sdk",
        title="The old SDK",
        about="azure-servicemanagement-legacy: host= names the emulator without https://, "
        "and requests takes the authority from REQUESTS_CA_BUNDLE.",
        language="python",
        text=f"""import os
from azure.servicemanagement import ServiceManagementService

os.environ["REQUESTS_CA_BUNDLE"] = {json.dumps(authority)}
sms = ServiceManagementService(
    {json.dumps(subscription)},
    {json.dumps(certificate)},
    host={json.dumps(url.removeprefix("https://"))},
)
for location in sms.list_locations():
    print(location.name)""",
    )


def _others(url: str, subscription: str, certificate: str, authority: str) -> Iterator[Recipe]:
    yield Recipe(
        name="node",
        title="Node",
        about="Azure's libraries for Node, here azure-asm-mgmt. Node reads NODE_EXTRA_CA_CERTS only when it starts.",
        language="bash",
        text=f"""export NODE_EXTRA_CA_CERTS={shlex.quote(authority)}
node <<'END'
const management = require('azure-asm-mgmt');
const credentials = management.createCertificateCloudCredentials({{
  subscriptionId: {json.dumps(subscription)},
  pem: require('fs').readFileSync({json.dumps(certificate)}, 'utf8'),
}});
const client = management.createManagementClient(credentials, {json.dumps(url)});
client.locations.list((error, result) => {{
  if (error) throw error;
  for (const location of result.locations) console.log(location.name);
}});
END""",
    )
    yield Recipe(
        name="curl",
        title="curl",
        about="Any operation; those that change something take --request and --data, too.",
        language="bash",
        text=f"""curl --cacert {shlex.quote(authority)} --cert {shlex.quote(certificate)} \\
  --header 'x-ms-version: {API_VERSION}' \\
  {shlex.quote(f"{url}/{subscription}/locations")}""",
    )


def _single(text: str) -> str:
    """Return a text as PowerShell writes one without variables in it."""
    return "'" + text.replace("'", "''") + "'"
