"""The emulator beside moto's server: until it is ready, reads a second, and reads with much in state.

The read is that of one machine by its name, answered in XML: Get Deployment here, DescribeInstances
of EC2 there, sent by the same client over TLS. Servers have one core and the client another. Moto's
server ends the connection after each answer, so that each of its reads pays for a handshake; hence
beside it a moto without TLS, and an emulator whose client does not keep its connections.
"""

from __future__ import annotations

import asyncio
import json
import ssl
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Final
from urllib.request import Request, urlopen

import aiohttp
import peer_processes as peers
from peer_processes import Process, ServerFiles, on_cores, running, two_cores
from support import Server, at_least, at_most, ratio, table

from asyncsm.config import API_VERSION

STARTS = 7
ROUNDS = 7
SECONDS = 0.7
"""How long a contender's round takes."""
CONNECTIONS = 16
FEW, MANY, MOST = 10, 2_000, 10_000
"""How many machines there are; moto, which is slow to make them, has at most `MANY`."""

EC2: Final = {
    "Authorization": "AWS4-HMAC-SHA256 Credential=x/20200101/us-east-1/ec2/aws4_request, "
    "SignedHeaders=host, Signature=0",
    "Content-Type": "application/x-www-form-urlencoded",
}
RUN: Final = "Action=RunInstances&Version=2016-11-15&ImageId=ami-12c6146b&MinCount=1&MaxCount=1"
DESCRIBE: Final = "Action=DescribeInstances&Version=2016-11-15&InstanceId.1="

FLOOR = "floor: aiohttp, cryptography, pydantic, a TLS port"
EMULATOR, UNKEPT = "asyncsm emulator start", "the same, a connection for each read"
MOTO, PLAIN = "moto_server", "moto_server without TLS"


def main() -> None:
    with TemporaryDirectory(prefix="asyncsm-bench-") as name:
        directory = Path(name)
        files = ServerFiles.write(directory)
        moto = peers.moto_program(directory)
        if moto is None:
            print("\nNo moto_server here starts (pip install 'moto[ec2,server]'): the emulator is alone.")
        starts(directory, files, moto)
        asyncio.run(reads(directory, files, moto))


# ---------------------------------------------------------------- until it is ready


@dataclass
class Start:
    """A server that is started again and again.

    Attributes:
        command: starts it.
        ready: what is in the line that says that it is ready.
        first: reads something from it.
        lines: seconds until that line, of each start.
        answers: seconds until the first answer.
    """

    command: Sequence[str]
    ready: str
    first: Callable[[Process], object]
    lines: list[float] = field(default_factory=list)
    answers: list[float] = field(default_factory=list)


def starts(directory: Path, files: ServerFiles, moto: str | None) -> None:
    """Until each is ready, in turn."""
    tls = files.client_context()
    emulator = peers.emulator_command()
    contenders = {
        FLOOR: Start(peers.floor_command(files), peers.FLOOR_READY, lambda process: fetch(process.url, tls)),
        EMULATOR: Start(emulator, peers.EMULATOR_READY, fetch_locations),
    }
    if moto is not None:
        command = peers.moto_command(moto, files)
        describe = DESCRIBE.partition("&InstanceId")[0]
        contenders[MOTO] = Start(
            command, peers.MOTO_READY, lambda process: fetch(process.url, tls, EC2, describe)
        )
    for number in range(STARTS + 1):
        for each in contenders.values():
            with running(each.command, each.ready, directory / "start.log") as process:
                began = time.perf_counter()
                each.first(process)
                if number > 0:  # the first has compiled the modules, as their installation would have done
                    each.lines.append(process.seconds)
                    each.answers.append(process.seconds + time.perf_counter() - began)
    floor = contenders[FLOOR]
    table(
        f"From the start of the process, certificates of the emulator made anew, median of {STARTS}",
        ("", "ready line", "times the floor", "first read answered", "times the floor"),
        [
            (
                name,
                f"{median(each.lines):.2f} s",
                f"{ratio(each.lines, floor.lines):.2f}",
                f"{median(each.answers):.2f} s",
                f"{ratio(each.answers, floor.answers):.2f}",
            )
            for name, each in contenders.items()
        ],
    )
    at_most("ready line of asyncsm emulator start", median(contenders[EMULATOR].lines), 1, " s")


def fetch(
    url: str, context: ssl.SSLContext, headers: Mapping[str, str] | None = None, body: str | None = None
) -> None:
    """Have one answer."""
    request = Request(url, None if body is None else body.encode(), dict(headers or {}))
    with urlopen(request, context=context) as reply:
        reply.read()


def fetch_locations(process: Process) -> None:
    """Have one of an emulator's."""
    server = emulated(process)
    url = f"{server.url}/{server.subscription_id}/locations"
    fetch(url, server.ssl_context(), {"x-ms-version": API_VERSION})


def emulated(process: Process) -> Server:
    """Where an emulator is."""
    facts = json.loads(process.line)
    return Server(*(facts[name] for name in ("url", "subscription_id", "certificate_path", "ca_path")))


# ---------------------------------------------------------------- reads


@dataclass
class Contender:
    """A server with so many machines, and how one of them is read.

    Attributes:
        name: in the table.
        machines: how many it has.
        process: its process.
        method, url, body, headers: the request.
        context: with which clients connect.
        keep: whether clients keep connections.
        rates: reads a second, in each round.
        burdens: seconds of the server's CPU for a read, in each round, where that can be told.
        length: of an answer, in bytes.
    """

    name: str
    machines: int
    process: Process
    method: str
    url: str
    body: str | None
    headers: Mapping[str, str]
    context: ssl.SSLContext | bool
    keep: bool = True
    rates: list[float] = field(default_factory=list)
    burdens: list[float] = field(default_factory=list)
    length: int = 0

    def session(self) -> aiohttp.ClientSession:
        """Its clients' connections."""
        connector = aiohttp.TCPConnector(ssl=self.context, limit=CONNECTIONS, force_close=not self.keep)
        return aiohttp.ClientSession(connector=connector, headers=self.headers, raise_for_status=True)

    async def read(self, http: aiohttp.ClientSession) -> None:
        async with http.request(self.method, self.url, data=self.body) as reply:
            self.length = len(await reply.read())

    async def round(self, http: aiohttp.ClientSession) -> None:
        """Read for a while on all connections."""
        done = 0

        async def calls(until: float) -> None:
            nonlocal done
            while time.perf_counter() < until:
                await self.read(http)
                done += 1

        await asyncio.gather(*(self.read(http) for _ in range(CONNECTIONS)))
        cpu, began = self.process.cpu(), time.perf_counter()
        await asyncio.gather(*(calls(began + SECONDS) for _ in range(CONNECTIONS)))
        self.rates.append(done / (time.perf_counter() - began))
        if cpu is not None and (now := self.process.cpu()) is not None:
            self.burdens.append((now - cpu) / done)


async def reads(directory: Path, files: ServerFiles, moto: str | None) -> None:
    """Read from all servers in turn."""
    cores = two_cores()
    with ExitStack() as stack, on_cores(None if cores is None else cores[1]):
        one = None if cores is None else cores[0]
        contenders = []
        for machines in (FEW, MANY, MOST):
            contenders += stack.enter_context(emulators(directory, machines, one))
        if moto is not None:
            for machines in (FEW, MANY):
                contenders += await motos(stack, directory, files, moto, machines, one)
        for each in contenders:
            async with each.session() as http:
                await each.read(http)  # what is imported with a first request is imported now
        for _ in range(ROUNDS):
            for each in contenders:
                async with each.session() as http:
                    await each.round(http)
    report(contenders, "a core for the server" if cores else "no core of its own for the server")


@contextmanager
def emulators(directory: Path, machines: int, cores: set[int] | None) -> Iterator[list[Contender]]:
    """An emulator with so many virtual machines, each in a deployment of its own."""
    seed_file = directory / f"seed-{machines}.json"
    seed_file.write_text(json.dumps(seed(machines)))
    command = peers.emulator_command(seed_file=seed_file)
    with running(command, peers.EMULATOR_READY, directory / f"emulator-{machines}.log", cores) as process:
        server = emulated(process)
        path = f"services/hostedservices/web-{machines // 2:05}/deploymentslots/production"
        contender = Contender(
            EMULATOR,
            machines,
            process,
            "GET",
            f"{server.url}/{server.subscription_id}/{path}",
            None,
            {"x-ms-version": API_VERSION},
            server.ssl_context(),
        )
        unkept = replace(contender, name=UNKEPT, keep=False, rates=[], burdens=[])
        yield [contender, unkept] if machines == FEW else [contender]


def seed(machines: int) -> dict[str, object]:
    """The emulator's seed document."""
    endpoint = {"name": "SSH", "local_port": 22, "port": 22}
    machine = {
        "name": "machine",
        "service_name": "web-{index:05}",
        "deployment_name": "production",
        "count": machines,
        "network_config": {"endpoints": [endpoint]},
    }
    return {
        "storage_accounts": [{"name": "store"}],
        "hosted_services": [{"name": "web-{index:05}", "count": machines}],
        "virtual_machines": [machine],
    }


async def motos(
    stack: ExitStack,
    directory: Path,
    files: ServerFiles,
    program: str,
    machines: int,
    cores: set[int] | None,
) -> list[Contender]:
    """Moto's server with so many instances, once with TLS and, if they are few, once without."""
    found = []
    for name, pair in ((MOTO, files), (PLAIN, None)):
        if pair is None and machines != FEW:
            continue
        command = peers.moto_command(program, pair)
        log = directory / f"moto-{machines}-{name}.log"
        process = stack.enter_context(running(command, peers.MOTO_READY, log, cores))
        context = False if pair is None else pair.client_context()
        contender = Contender(name, machines, process, "POST", process.url, None, EC2, context)
        contender.body = DESCRIBE + await fill(contender)
        found.append(contender)
    return found


async def fill(contender: Contender) -> str:
    """Run a contender's instances; return the id of one in their midst."""
    ids = []
    async with contender.session() as http:
        for _ in range(contender.machines):
            async with http.post(contender.url, data=RUN) as reply:
                ids.append((await reply.text()).partition("<instanceId>")[2].partition("<")[0])
    return ids[len(ids) // 2]


# ---------------------------------------------------------------- the report


def report(contenders: Sequence[Contender], where: str) -> None:
    """Compare within the rounds."""
    found = {(each.name, each.machines): each for each in contenders}
    table(
        f"Reads of one machine, {CONNECTIONS} at a time, {where}, median of {ROUNDS} rounds",
        ("", "machines", "bytes", "reads/s", "CPU a read", "emulator to it", f"it to itself with {FEW}"),
        [
            (
                each.name,
                f"{each.machines:,}",
                f"{each.length:,}",
                f"{median(each.rates):,.0f}",
                f"{median(each.burdens) * 1e6:,.0f} us" if each.burdens else "-",
                f"{ratio(found[EMULATOR, each.machines].rates, each.rates):.1f} x",
                f"{ratio(each.rates, found[each.name, FEW].rates):.2f} x",
            )
            for each in contenders
        ],
    )
    few, most = found[EMULATOR, FEW], found[EMULATOR, MOST]
    at_least("reads/s of the emulator", median(few.rates), 1_500)
    at_least(
        f"its reads with {MOST:,} machines, to those with {FEW}", ratio(most.rates, few.rates), 0.9, " x"
    )
    if (MOTO, FEW) in found:
        moto = found[MOTO, FEW]
        at_least("the emulator to moto's server", ratio(few.rates, moto.rates), 1, " x")
        at_least("without kept connections", ratio(found[UNKEPT, FEW].rates, moto.rates), 1, " x")


if __name__ == "__main__":
    main()
