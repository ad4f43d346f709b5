"""Virtual IPs, internal load balancers and load-balanced sets of a deployment of machines."""

import pytest
from doubles import compute
from doubles.bare_client import Answer, Management, document
from doubles.compute import SERVICES, SHOP, tag
from doubles.contents import NETWORK
from doubles.machines import VMS, deployment_of, done, running

from asyncsm.emulator import Emulator

BALANCERS = f"{VMS}/loadbalancers"
RESERVED = "services/networking/reservedips"
SITE = "<VirtualNetworkName>inside</VirtualNetworkName>"


def endpoint(
    name: str, port: int, rest: str = "", *, group: str | None = None, balancer: str | None = None
) -> str:
    """An endpoint on the local port 80."""
    return (
        f"<InputEndpoint>{tag('LoadBalancedEndpointSetName', group)}<LocalPort>80</LocalPort><Name>{name}</Name>"
        f"<Port>{port}</Port><Protocol>tcp</Protocol>{rest}{tag('LoadBalancerName', balancer)}</InputEndpoint>"
    )


def at(vip: str) -> str:
    return tag("VirtualIPName", vip)


def balancer(
    name: str = "inner", subnet: str | None = None, address: str | None = None, type_: str = "Private"
) -> str:
    """Request of Add and of Update Load Balancer."""
    front = f"{tag('Type', type_)}{tag('SubnetName', subnet)}{tag('StaticVirtualNetworkIPAddress', address)}"
    return document(
        "LoadBalancer", f"<Name>{name}</Name><FrontendIpConfiguration>{front}</FrontendIpConfiguration>"
    )


async def with_endpoints(management: Management, *endpoints: str, role: str = "vm1") -> Answer:
    """Update Role with these endpoints."""
    body = document(
        "PersistentVMRole", f"<ConfigurationSets>{compute.network(*endpoints)}</ConfigurationSets>"
    )
    return await management.put(f"{VMS}/roles/{role}", body)


def virtual_ips(shown: Answer) -> list[dict[str, str]]:
    """The addresses of a deployment, each with its elements by name."""
    return [
        {each.tag.rpartition("}")[2]: each.text or "" for each in one}
        for one in shown.root.iter()
        if one.tag.endswith("}VirtualIP")
    ]


def endpoints_of(shown: Answer) -> dict[str, tuple[str | None, str | None]]:
    """Address and virtual IP of each endpoint in the list of roles."""
    found = {}
    for one in shown.root.iter():
        if one.tag.endswith("}InputEndpoint"):
            content = {each.tag.rpartition("}")[2]: each.text for each in one}
            found[content["Name"]] = content.get("Vip"), content.get("VirtualIPName")
    return found


@pytest.fixture(autouse=True)
async def vms(emulator: Emulator, management: Management) -> None:
    """A deployment of two machines without endpoints."""
    compute.add_store(emulator)
    await management.post(SERVICES, compute.hosted_service())
    await running(management, compute.machine("vm1"), compute.machine("vm2"))


async def in_a_network(emulator: Emulator, management: Management) -> None:
    """The same in a virtual network, with the subnet ``web`` of 10.0.1.0/24."""
    await done(management, await management.delete(VMS))
    await done(management, await management.put("services/networking/media", NETWORK))
    await done(
        management,
        await management.post(f"{SHOP}/deployments", compute.machines(compute.machine("vm3"), rest=SITE)),
    )


async def test_a_virtual_ip_from_its_beginning_to_its_end(management: Management):
    """It has an address as long as an endpoint is reached there, as recorded by the .NET library's tests."""
    await done(management, await with_endpoints(management, endpoint("a", 80)))
    await done(management, await management.post(f"{VMS}/second"))
    shown = await management.get(VMS)
    assert virtual_ips(shown)[1:] == [{"Name": "second", "IsSecondaryVip": "true"}]
    assert endpoints_of(shown) == {"a": (None, None)}
    await done(
        management, await with_endpoints(management, endpoint("a", 80), endpoint("b", 81, at("second")))
    )
    shown = await management.send("GET", VMS, x_ms_version="2016-03-01")
    first, second = (one["Address"] for one in virtual_ips(shown))
    assert endpoints_of(await management.get(VMS)) == {"a": (first, None), "b": (second, None)}
    assert endpoints_of(shown) == {"a": (first, "vmsContractContract"), "b": (second, "second")}
    assert sorted(shown.find_all("Vip")) == sorted([first, second] * 2)
    refused = await management.delete(f"{VMS}/virtualIPs/second")
    assert (refused.status, refused.code) == (400, "BadRequest")
    await done(management, await with_endpoints(management, endpoint("c", 82, at("second"))))
    assert virtual_ips(await management.get(VMS))[1]["Address"] == second  # as long as any endpoint is there
    await done(management, await with_endpoints(management, endpoint("a", 80)))
    assert "Address" not in virtual_ips(await management.get(VMS))[1]
    await done(management, await management.delete(f"{VMS}/virtualips/Second"))
    shown = await management.send("GET", VMS, x_ms_version="2016-03-01")
    assert len(virtual_ips(shown)) == 1
    assert endpoints_of(shown) == {"a": (first, "vmsContractContract")}


async def test_the_first_virtual_ip_has_a_name_too(management: Management):
    """An endpoint may name it, in any case."""
    await done(management, await management.post(f"{VMS}/second"))
    await done(management, await with_endpoints(management, endpoint("a", 80, at("VMSContractcontract"))))


async def test_what_is_no_virtual_ip(management: Management):
    """At the same place with a parameter there is another operation, which has a document: it is no name."""
    answer = await management.post(f"{VMS}/migration?comp=validate")
    assert (answer.status, answer.code) == (400, "InvalidXmlRequest")


async def test_virtual_ips_and_machines_that_go(management: Management):
    """With the machine whose endpoint was reached there the address goes."""
    await done(management, await management.post(f"{VMS}/second"))
    await done(management, await with_endpoints(management, endpoint("a", 80, at("second"))))
    await done(management, await management.delete(f"{VMS}/roles/vm1"))
    assert "Address" not in virtual_ips(await management.get(VMS))[1]


async def test_a_reserved_virtual_ip(management: Management):
    """A reserved address can be that of a further virtual IP, and stays there when no endpoint is."""
    await done(
        management,
        await management.post(
            RESERVED, document("ReservedIP", "<Name>kept</Name><Location>West US</Location>")
        ),
    )
    kept = (await management.get(f"{RESERVED}/kept")).find("Address")
    await done(management, await management.post(f"{VMS}/second"))
    await done(
        management, await with_endpoints(management, endpoint("a", 80), endpoint("b", 81, at("second")))
    )
    association = document(
        "ReservedIPAssociation",
        "<ServiceName>shop</ServiceName><DeploymentName>vms</DeploymentName><VirtualIPName>Second</VirtualIPName>",
    )
    await done(management, await management.post(f"{RESERVED}/kept/operations/associate", association))
    assert virtual_ips(await management.get(VMS))[1] == {
        "Address": kept,
        "Name": "second",
        "IsReserved": "true",
        "ReservedIPName": "kept",
        "IsSecondaryVip": "true",
    }
    used = await management.get(f"{RESERVED}/kept")
    assert (used.find("InUse"), used.find("DeploymentName"), used.find("VirtualIPName")) == (
        "true",
        "vms",
        "second",
    )
    assert (await management.delete(f"{RESERVED}/kept")).status == 400
    await done(management, await with_endpoints(management, endpoint("a", 80)))
    assert virtual_ips(await management.get(VMS))[1]["Address"] == kept
    await done(management, await management.post(f"{RESERVED}/kept/operations/disassociate", association))
    assert virtual_ips(await management.get(VMS))[1] == {"Name": "second", "IsSecondaryVip": "true"}
    assert (await management.get(f"{RESERVED}/kept")).find("InUse") is None


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("POST", f"{VMS}/second", "", 409),
        ("DELETE", f"{VMS}/virtualIPs/third", "", 404),
        ("POST", f"{BALANCERS}", balancer(), 400),
        ("POST", f"{BALANCERS}", balancer("other"), 400),
        ("PUT", f"{BALANCERS}/other", balancer("other"), 404),
        ("PUT", f"{BALANCERS}/inner", balancer("other"), 400),
        ("PUT", f"{BALANCERS}/inner", balancer(type_="Public"), 400),
        ("PUT", f"{BALANCERS}/inner", balancer(subnet="web"), 400),
        ("PUT", f"{BALANCERS}/inner", balancer(address="10.0.1.9"), 400),
        ("DELETE", f"{BALANCERS}/other", "", 404),
    ],
)
async def test_refused(management: Management, method: str, path: str, body: str, status: int):
    """Names are used once and have to be there; a load balancer's address has to fit its network."""
    await done(management, await management.post(f"{VMS}/second"))
    await done(management, await management.post(BALANCERS, balancer()))
    assert (await management.send(method, path, body)).status == status


@pytest.mark.parametrize("one", [endpoint("a", 80, at("none")), endpoint("a", 80, balancer="none")])
async def test_endpoints_need_what_they_name(management: Management, one: str):
    """An endpoint is reached at addresses that its deployment has."""
    answer = await with_endpoints(management, one)
    assert (answer.status, answer.code) == (400, "BadRequest")


def probe(interval: int, timeout: int) -> str:
    times = tag("IntervalInSeconds", interval) + tag("TimeoutInSeconds", timeout)
    return f"<LoadBalancerProbe><Port>80</Port><Protocol>tcp</Protocol>{times}</LoadBalancerProbe>"


def limited(port: object = 80, local: object = 80, before: str = "", after: str = "") -> str:
    """An endpoint whose parts have limits."""
    return (
        f"<InputEndpoint><LocalPort>{local}</LocalPort><Name>a</Name><Port>{port}</Port>{before}"
        f"<Protocol>tcp</Protocol>{after}</InputEndpoint>"
    )


@pytest.mark.parametrize(
    ("taken", "refused"),
    [
        (limited(1), limited(0)),
        (limited(65535), limited(65536)),
        (limited(local=1), limited(local=0)),
        (limited(local=65535), limited(local=65536)),
        (limited(after=tag("IdleTimeoutInMinutes", 4)), limited(after=tag("IdleTimeoutInMinutes", 3))),
        (limited(after=tag("IdleTimeoutInMinutes", 30)), limited(after=tag("IdleTimeoutInMinutes", 31))),
        (limited(before=probe(5, 11)), limited(before=probe(4, 11))),
        (limited(before=probe(5, 11)), limited(before=probe(5, 10))),
    ],
)
async def test_limits_of_endpoints(management: Management, taken: str, refused: str):
    """Ports, idle minutes and the times of a probe can be at their limits, and not past them."""
    answer = await with_endpoints(management, refused)
    assert (answer.status, answer.code) == (400, "BadRequest"), answer.text
    await done(management, await with_endpoints(management, taken))


async def test_most_endpoints(management: Management):
    """The machines of a hosted service have up to 150 endpoints together."""
    many = [endpoint(f"e{number}", 1000 + number) for number in range(150)]
    await done(management, await with_endpoints(management, *many[:149]))
    await done(management, await with_endpoints(management, many[149], role="vm2"))
    ended = await with_endpoints(management, *many)
    assert (ended.status, ended.code) == (400, "BadRequest")
    assert "at most 150 input endpoints" in ended.message


async def test_a_load_balancer_from_its_beginning_to_its_end(management: Management):
    """It is listed, and its address is one of the deployment's while an endpoint is behind it."""
    await done(management, await management.post(BALANCERS, balancer()))
    shown = await management.get(VMS)
    assert (shown.find_all("Name")[-1], shown.find("FrontendIpConfiguration")) != (None, None)
    assert len(virtual_ips(shown)) == 1
    behind = endpoint("b", 81, group="set", balancer="Inner")
    await done(management, await with_endpoints(management, endpoint("a", 80), behind))
    shown = await management.get(VMS)
    first, private = virtual_ips(shown)
    assert (private["Name"], private["Type"], list(private)) == (
        "inner",
        "Private",
        ["Address", "Name", "Type"],
    )
    assert {name: vip for name, (vip, _) in endpoints_of(shown).items()} == {
        "a": first["Address"],
        "b": private["Address"],
    }
    refused = await management.delete(f"{BALANCERS}/inner")
    assert (refused.status, refused.code) == (400, "BadRequest")
    await done(management, await with_endpoints(management))
    await done(management, await management.delete(f"{BALANCERS}/INNER"))
    assert (await management.get(VMS)).find("FrontendIpConfiguration") is None


async def test_a_load_balancer_beside_a_further_virtual_ip(management: Management):
    """An endpoint behind the one is at its address; only one that names neither is told without an address."""
    await done(management, await management.post(BALANCERS, balancer()))
    behind = endpoint("b", 81, group="set", balancer="inner")
    await done(management, await with_endpoints(management, endpoint("a", 80), behind))
    await done(management, await management.post(f"{VMS}/second"))
    shown = await management.get(VMS)
    (private,) = (one["Address"] for one in virtual_ips(shown) if one.get("Type") == "Private")
    assert {name: vip for name, (vip, _) in endpoints_of(shown).items()} == {"a": None, "b": private}


async def test_addresses_of_load_balancers_in_a_network(emulator: Emulator, management: Management):
    """They are in the subnet, nobody else's, and can be chosen."""
    await in_a_network(emulator, management)
    machine = deployment_of(emulator).instances["vm3"].ip_address
    await done(management, await management.post(BALANCERS, balancer(subnet="web")))
    assert deployment_of(emulator).internal_vip not in {None, machine}
    assert deployment_of(emulator).internal_vip.startswith("10.0.1.")
    await done(
        management, await management.put(f"{BALANCERS}/inner", balancer(subnet="web", address="10.0.1.99"))
    )
    assert deployment_of(emulator).internal_vip == "10.0.1.99"
    again = await management.put(f"{BALANCERS}/inner", balancer(subnet="web", address="10.0.1.99"))
    await done(management, again)
    for wrong in (
        balancer(subnet="none"),
        balancer(subnet="web", address=machine),
        balancer(address="10.0.1.98"),
    ):
        assert (await management.put(f"{BALANCERS}/inner", wrong)).status == 400


async def test_a_load_balancer_of_a_new_deployment(emulator: Emulator, management: Management):
    """It can come with the deployment, and with it go."""
    await done(management, await management.delete(VMS))
    rest = "<LoadBalancers><LoadBalancer><Name>inner</Name></LoadBalancer></LoadBalancers>"
    machine = compute.machine("vm9", compute.LINUX_SET + compute.network(endpoint("a", 80, balancer="inner")))
    await done(management, await management.post(f"{SHOP}/deployments", compute.machines(machine, rest=rest)))
    assert [one.get("Type") for one in virtual_ips(await management.get(VMS))] == [None, "Private"]


async def test_a_set_changes_as_a_whole(management: Management):
    """All its members become as the request says, and keep their names, as recorded."""
    for name, role in (("a", "vm1"), ("b", "vm2")):
        shared = endpoint(name, 80, group="Set"), endpoint(f"{name}2", 90 + ord(name))
        await done(management, await with_endpoints(management, *shared, role=role))
    new = (
        "<InputEndpoint><LoadBalancedEndpointSetName>set</LoadBalancedEndpointSetName><LocalPort>8080</LocalPort>"
        "<Name>any</Name><Port>8081</Port><Protocol>tcp</Protocol><EndpointAcl><Rules><Rule><Order>0</Order>"
        "<Action>permit</Action><RemoteSubnet>10.0.0.0/8</RemoteSubnet></Rule></Rules></EndpointAcl>"
        "<IdleTimeoutInMinutes>10</IdleTimeoutInMinutes></InputEndpoint>"
    )
    accepted = await management.post(f"{VMS}?comp=UpdateLbSet", document("LoadBalancedEndpointList", new))
    await done(management, accepted)
    for name, role in (("a", "vm1"), ("b", "vm2")):
        shown = await management.get(f"{VMS}/roles/{role}")
        assert sorted(shown.find_all("Name")) == [name, f"{name}2"]
        assert "8081" in shown.find_all("Port")
        assert "80" not in shown.find_all("Port")
        assert shown.find_all("RemoteSubnet") == ["10.0.0.0/8"]
        assert "10" in shown.find_all("IdleTimeoutInMinutes")


@pytest.mark.parametrize(
    "one", [endpoint("a", 80, group="none"), endpoint("a", 80), endpoint("a", 0, group="set")]
)
async def test_sets_that_cannot_be_changed(management: Management, one: str):
    """A set has to exist, and its new ports to be ports."""
    await done(management, await with_endpoints(management, endpoint("a", 80, group="set")))
    answer = await management.post(f"{VMS}?comp=updatelbset", document("LoadBalancedEndpointList", one))
    assert (answer.status, answer.code) == (400, "BadRequest")


@pytest.mark.parametrize(
    ("rest", "what"),
    [
        ("<EnableDirectServerReturn>true</EnableDirectServerReturn>", "EnableDirectServerReturn"),
        ("<IdleTimeoutInMinutes>10</IdleTimeoutInMinutes>", "IdleTimeoutInMinutes"),
        ("<LoadBalancerDistribution>sourceIP</LoadBalancerDistribution>", "LoadBalancerDistribution"),
    ],
)
async def test_members_of_a_set_are_equal(management: Management, rest: str, what: str):
    """A member that differs from the others is refused at once; one by itself can change, whatever its name."""
    assert await done(management, await with_endpoints(management, endpoint("a", 80, group="web")))
    assert await done(management, await with_endpoints(management, endpoint("b", 80, rest, group="web")))
    other = await with_endpoints(management, endpoint("c", 80, group="Web"), role="vm2")
    assert (other.status, other.code) == (400, "BadRequest")
    assert f"Endpoint name 'c', property '{what}'. The value '" in other.message
    assert "for LB set 'Web'." in other.message
    equal = await with_endpoints(management, endpoint("c", 80, rest, group="web"), role="vm2")
    assert await done(management, equal)


async def test_ports_of_a_set_are_equal(management: Management):
    """The members of a set share the public port."""
    assert await done(management, await with_endpoints(management, endpoint("a", 80, group="web")))
    other = await with_endpoints(management, endpoint("a", 81, group="web"), role="vm2")
    assert "property 'Port'. The value '81' does not match '80' for LB set 'web'." in other.message


async def test_access_rules_of_a_set_are_told(management: Management):
    """Rules of access that differ are told as values are: those of the request, and those of the set."""
    rule = "<Rule><Order>1</Order><Action>deny</Action><RemoteSubnet>10.0.0.0/8</RemoteSubnet></Rule>"
    rules = f"<EndpointAcl><Rules>{rule}</Rules></EndpointAcl>"
    await done(management, await with_endpoints(management, endpoint("a", 80, rules, group="web")))
    other = await with_endpoints(management, endpoint("b", 80, group="web"), role="vm2")
    assert (
        "property 'EndpointAcl'. The value '' does not match '1 deny 10.0.0.0/8' for LB set 'web'."
        in other.message
    )
