"""The network configuration as a model: read, changed by its methods, and written without losing anything."""

import copy
import pickle

import pytest

from asyncsm import (
    ConfiguredGateway,
    ConfiguredLocalSite,
    ConfiguredSite,
    ConfiguredSubnet,
    InvalidArgument,
    NetworkConfigurationFile,
)
from asyncsm.models import ConfiguredConnection, ConfiguredDnsServer, LocalNetworkReference
from asyncsm.operations import network_files
from asyncsm.wire.network_configuration import NAMESPACE, AddressPrefixes

BEGIN = (
    f'<NetworkConfiguration xmlns="{NAMESPACE}" xmlns:i="http://www.w3.org/2001/XMLSchema-instance">'
    "<VirtualNetworkConfiguration>"
)
END = "</VirtualNetworkConfiguration></NetworkConfiguration>"

WHOLE = (
    '<Dns><DnsServers><DnsServer name="own" IPAddress="10.0.0.4"/></DnsServers></Dns>'
    '<LocalNetworkSites><LocalNetworkSite name="office"><AddressSpace><AddressPrefix>192.168.0.0/24</AddressPrefix>'
    "</AddressSpace><VPNGatewayAddress>198.51.100.7</VPNGatewayAddress></LocalNetworkSite></LocalNetworkSites>"
    '<VirtualNetworkSites><VirtualNetworkSite name="Net" Location="West US"><Label>ours</Label><AddressSpace>'
    "<AddressPrefix>10.0.0.0/16</AddressPrefix></AddressSpace><Subnets>"
    '<Subnet name="front"><AddressPrefix>10.0.0.0/24</AddressPrefix></Subnet>'
    '<Subnet name="GatewaySubnet"><AddressPrefix>10.0.255.0/27</AddressPrefix></Subnet></Subnets>'
    '<DnsServersRef><DnsServerRef name="own"/></DnsServersRef><Gateway profile="Small"><VPNClientAddressPool>'
    "<AddressPrefix>172.16.0.0/24</AddressPrefix></VPNClientAddressPool><ConnectionsToLocalNetwork>"
    '<LocalNetworkSiteRef name="office"><Connection type="IPsec"/></LocalNetworkSiteRef>'
    "</ConnectionsToLocalNetwork></Gateway></VirtualNetworkSite></VirtualNetworkSites>"
)

STRANGE = (
    '<VirtualNetworkSites odd="1"><Strange/><VirtualNetworkSite name="net" Location="West US" Zone="7">'
    '<AddressSpace shape="round"><AddressPrefix since="2012">10.0.0.0/16</AddressPrefix><Hole>1</Hole></AddressSpace>'
    '<Peering><Peer name="x"/></Peering><Subnets><Subnet name="a"><AddressPrefix>10.0.0.0/24</AddressPrefix>'
    '<Delegation to="y"/></Subnet></Subnets><DnsServersRef fallback="true"/><Gateway size="2">'
    '<VPNClientAddressPool auth="cert"/><Bgp asn="65000"/><ConnectionsToLocalNetwork><LocalNetworkSiteRef name="o">'
    '<Connection type="IPsec" mtu="1400"/><Cost>5</Cost></LocalNetworkSiteRef></ConnectionsToLocalNetwork>'
    "</Gateway></VirtualNetworkSite></VirtualNetworkSites><Future>?</Future>"
)


def read(content: str) -> NetworkConfigurationFile:
    return NetworkConfigurationFile.from_xml(BEGIN + content + END)


def written(configuration: NetworkConfigurationFile) -> str:
    return configuration.to_xml().decode().removeprefix(BEGIN).removesuffix(END)


def test_everything_has_its_field():
    """Networks, subnets, references, gateways, networks outside and DNS servers are read and written."""
    configuration = NetworkConfigurationFile.from_xml(BEGIN + WHOLE + END, strict=True)
    site = configuration.site("net")
    assert (site.name, site.location, site.affinity_group, site.label) == ("Net", "West US", None, "ours")
    assert list(site.address_space) == ["10.0.0.0/16"]
    assert [(one.name, one.address_prefix) for one in site.subnets] == [
        *(("front", "10.0.0.0/24"), ("GatewaySubnet", "10.0.255.0/27"))
    ]
    assert [one.name for one in site.dns_servers] == ["own"]
    assert site.gateway is not None
    assert site.gateway.profile == "Small"
    assert list(site.gateway.vpn_client_address_pool) == ["172.16.0.0/24"]
    assert [(one.name, [each.type for each in one.connections]) for one in site.gateway.connections] == [
        ("office", ["IPsec"])
    ]
    office = configuration.local_site("Office")
    assert (list(office.address_space), office.vpn_gateway_address) == (["192.168.0.0/24"], "198.51.100.7")
    assert configuration.dns_server("OWN").ip_address == "10.0.0.4"
    assert written(configuration) == WHOLE


def test_what_is_not_known_is_kept():
    """Unknown elements and attributes stay where they were, also if what is beside them changes."""
    configuration = read(STRANGE)
    assert written(configuration) == STRANGE
    site = configuration.site("net")
    site.subnets.add(ConfiguredSubnet("b", "10.0.1.0/24"))
    site.address_space.append("10.1.0.0/16")
    changed = STRANGE.replace(
        "</Subnet></Subnets>",
        '</Subnet><Subnet name="b"><AddressPrefix>10.0.1.0/24</AddressPrefix></Subnet></Subnets>',
    ).replace("</AddressPrefix><Hole>", "</AddressPrefix><AddressPrefix>10.1.0.0/16</AddressPrefix><Hole>")
    assert written(configuration) == changed
    assert written(copy.deepcopy(configuration)) == changed
    assert written(pickle.loads(pickle.dumps(configuration))) == changed


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_encodings(encoding):
    """A byte order mark decides on the encoding of a file, and its declaration does not."""
    text = '<?xml version="1.0" encoding="utf-8"?>\r\n' + BEGIN + WHOLE.replace("ours", "unsere Büros") + END
    assert NetworkConfigurationFile.from_xml(text.encode(encoding)).site("net").label == "unsere Büros"


def test_made_from_nothing():
    """A configuration is built by adding parts; without any it is a file without lists."""
    configuration = NetworkConfigurationFile()
    assert configuration.to_xml().decode() == (BEGIN + END).replace(
        "<VirtualNetworkConfiguration></VirtualNetworkConfiguration>", "<VirtualNetworkConfiguration/>"
    )
    configuration.dns_servers.add(ConfiguredDnsServer(name="own", ip_address="10.0.0.4"))
    configuration.local_sites.add(ConfiguredLocalSite("office", ["192.168.0.0/24"], "198.51.100.7"))
    site = configuration.sites.add(
        ConfiguredSite(
            name="Net",
            location="West US",
            label="ours",
            address_space=["10.0.0.0/16"],
            subnets=[
                ConfiguredSubnet("front", "10.0.0.0/24"),
                ConfiguredSubnet("GatewaySubnet", "10.0.255.0/27"),
            ],
        )
    )
    site.use_dns_servers(["own"])
    site.gateway = ConfiguredGateway(profile="Small", vpn_client_address_pool=["172.16.0.0/24"])
    site.gateway.connect("office")
    assert written(configuration) == WHOLE


def test_names_of_parts():
    """Parts are found, added and removed by name, in any case of letters."""
    sites = read(WHOLE).sites
    assert "NET" in sites
    assert sites[0] in sites
    assert "other" not in sites
    assert sites.find("other") is None
    with pytest.raises(KeyError):
        sites.named("other")
    with pytest.raises(InvalidArgument, match="there is a VirtualNetworkSite NET already"):
        sites.add(ConfiguredSite(name="NET"))
    sites[0].subnets.remove("FRONT")
    sites.remove(sites[0])
    assert len(sites) == 0
    with pytest.raises(KeyError):
        sites.remove("net")


def configuration_with(**changes: object) -> NetworkConfigurationFile:
    """A configuration of which one network was changed."""
    configuration = read(WHOLE)
    for name, value in changes.items():
        setattr(configuration.site("net"), name, value)
    return configuration


def subnets(*prefixes: str, names: str = "abc") -> list[ConfiguredSubnet]:
    return [ConfiguredSubnet(name, prefix) for name, prefix in zip(names, prefixes, strict=False)]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"location": None}, r"location: give either location or affinity_group"),
        ({"affinity_group": "near"}, r"location: give either location or affinity_group"),
        ({"address_space": []}, r"address_space: the virtual network Net needs an address prefix"),
        ({"address_space": ["10.0.0.0/33"]}, r"address_space: '10.0.0.0/33' is no address prefix"),
        ({"address_space": ["10.0.0.0"]}, r"address_space: '10.0.0.0' is no address prefix"),
        ({"address_space": ["10.0.0.0/16", "10.0.9.0/24"]}, r"10.0.0.0/16 and 10.0.9.0/24 overlap"),
        (
            {"subnets": subnets("10.1.0.0/24")},
            r"subnets: a \(10.1.0.0/24\) is not in the address space .* Net",
        ),
        (
            {"subnets": subnets("10.0.0.0/24", "10.0.0.128/25")},
            r"a \(10.0.0.0/24\) and b \(10.0.0.128/25\) overlap",
        ),
        ({"subnets": subnets("10.0.0.0/30")}, r"a \(10.0.0.0/30\) is too small"),
        (
            {"subnets": subnets("10.0.0.0/24", "10.0.1.0/24", names="aA")},
            r"the subnet A occurs more than once",
        ),
        ({"subnets": [ConfiguredSubnet("gatewaysubnet", "10.0.1.0/24")]}, r"is called GatewaySubnet exactly"),
        (
            {"dns_servers": [{"name": "own"}, {"name": "OWN"}]},
            r"dns_servers: the DNS server OWN occurs more than once",
        ),
        ({"dns_servers": [{"name": "none"}]}, r"dns_servers: the configuration has no DNS server none"),
        (
            {"gateway": ConfiguredGateway(connections_to_local_network=[LocalNetworkReference(name="none")])},
            r"gateway: the configuration has no local network none",
        ),
        (
            {"gateway": ConfiguredGateway(vpn_client_address_pool=["x/8"])},
            r"gateway: 'x/8' is no address prefix",
        ),
    ],
)
def test_what_the_service_would_refuse(changes, message):
    """A model that breaks a rule is refused with parameter, name and value before it is sent."""
    with pytest.raises(InvalidArgument, match=message) as caught:
        network_files.body_of("configuration", configuration_with(**changes))
    assert caught.value.parameter.startswith("configuration.site('Net').")


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda file: file.sites.append(file.sites[0]), r"configuration.sites: .* Net occurs more than once"),
        (
            lambda file: file.local_sites.append(ConfiguredLocalSite("OFFICE")),
            r"configuration.local_sites: .* OFFICE",
        ),
        (
            lambda file: setattr(file.dns_servers[0], "ip_address", "10.0.0"),
            r"dns_servers: '10.0.0' is no IPv4",
        ),
        (
            lambda file: setattr(file.local_sites[0], "vpn_gateway_address", "x"),
            r"local_sites: 'x' is no IPv4",
        ),
    ],
)
def test_what_the_service_would_refuse_of_the_whole(spoil, message):
    """Names are there once, and addresses are addresses."""
    configuration = read(WHOLE)
    spoil(configuration)
    with pytest.raises(InvalidArgument, match=message):
        network_files.body_of("configuration", configuration)


def test_lists_that_became_empty_are_left_out():
    """The last subnet and the last address for clients can be taken away: nothing is what the service takes."""
    site = ConfiguredSite(name="net", location="West US")
    site.address_space = AddressPrefixes(address_prefixes=["10.0.0.0/16"])
    site.subnets.add(ConfiguredSubnet("front", "10.0.0.0/24"))
    site.subnets.remove("front")
    site.gateway = ConfiguredGateway(profile="Small")
    site.gateway.vpn_client_address_pool = AddressPrefixes(address_prefixes=[])
    assert site.to_node().keys() == {"@name", "@Location", "AddressSpace", "Gateway"}
    assert site.gateway.to_node() == {"@profile": "Small"}


def test_host_bits_are_no_mistake():
    """The service takes prefixes with bits set behind their length, and so do the rules."""
    odd = configuration_with(address_space=["10.0.1.0/11"], subnets=subnets("10.0.0.1/24", "10.0.1.1/24"))
    assert b"10.0.1.0/11" in network_files.body_of("configuration", odd)


def test_files_are_sent_as_they_are(tmp_path):
    """Text, bytes and paths are sent in UTF-8 and unchanged, whatever they say of their encoding."""
    text = BEGIN + "<!-- ours --><Odd/>" + END
    path = tmp_path / "netcfg.xml"
    path.write_bytes(f'<?xml version="1.0" encoding="utf-16"?>\n{text}'.encode("utf-16"))
    for given in (text, text.encode(), f'\ufeff<?xml version="1.0"?>{text}', path):
        assert network_files.body_of("configuration", given) == text.encode()


@pytest.mark.parametrize("given", ["", "no XML", "<Other/>", b"\xff", BEGIN, f"<!DOCTYPE x>{BEGIN}{END}"])
def test_what_is_no_file(given):
    """Something else than a network configuration file is told before it is sent."""
    with pytest.raises(InvalidArgument, match="configuration: is not"):
        network_files.body_of("configuration", given)


def test_types_of_connections():
    """A connection can be of another type, and is there once."""
    gateway = ConfiguredGateway()
    reference = gateway.connect("circuit", "Dedicated")
    assert reference.connections == [ConfiguredConnection(type="Dedicated")]
    with pytest.raises(InvalidArgument):
        gateway.connect("CIRCUIT")
