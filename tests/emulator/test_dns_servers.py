"""DNS servers of deployments."""

import pytest
from doubles import compute
from doubles.bare_client import Answer, Management, document
from doubles.compute import SERVICES, SHOP

from asyncsm.emulator import Emulator

VMS = f"{SHOP}/deployments/vms"
SERVERS = f"{VMS}/dnsservers"


def server(name: str = "own", address: str = "10.0.0.4") -> str:
    return document("DnsServer", f"<Name>{name}</Name><Address>{address}</Address>")


@pytest.fixture(autouse=True)
async def vms(emulator: Emulator, management: Management) -> None:
    """A virtual machine in the service ``shop``."""
    compute.add_store(emulator)
    await management.post(SERVICES, compute.hosted_service())
    await compute.deploy_machines(management)


async def done(management: Management, accepted: Answer) -> None:
    ended = await management.finished(accepted)
    assert ended.find("Status") == "Succeeded", ended.text


async def shown(management: Management) -> list[tuple[str, str]]:
    servers = (await management.get(VMS)).root.findall("{*}Dns/{*}DnsServers/{*}DnsServer")
    return [(one.findtext("{*}Name"), one.findtext("{*}Address")) for one in servers]


async def test_life(management: Management):
    """A server is added, gets another address, and goes; the deployment shows it."""
    assert await shown(management) == []
    await done(management, await management.post(SERVERS, server()))
    assert await shown(management) == [("own", "10.0.0.4")]
    await done(management, await management.put(f"{SERVERS}/OWN", server("Own", "10.0.0.5")))
    assert await shown(management) == [("own", "10.0.0.5")]
    await done(management, await management.delete(f"{SERVERS}/own"))
    assert await shown(management) == []


async def test_refusals(management: Management):
    """A name is there once, has to be known, and cannot change; an address has to be one."""
    await done(management, await management.post(SERVERS, server()))
    again = await management.post(SERVERS, server("OWN"))
    assert (again.status, again.code) == (409, "ConflictError")
    for answer in (
        await management.put(f"{SERVERS}/other", server("other")),
        await management.delete(f"{SERVERS}/other"),
    ):
        assert (answer.status, answer.code) == (404, "ResourceNotFound")
    for answer in (
        await management.put(f"{SERVERS}/own", server("other")),
        await management.post(SERVERS, server("other", "10.0.0")),
        await management.post(SERVERS, server("")),
    ):
        assert (answer.status, answer.code) == (400, "BadRequest")


async def test_lock(management: Management):
    """A server is added while nothing else happens to the deployment."""
    await management.post(SERVERS, server())
    assert (await management.post(SERVERS, server("other"))).status == 409
