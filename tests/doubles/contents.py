"""Resources of every kind that an emulator knows of, and a seed document with those it can be seeded with."""

from base64 import b64decode

from doubles.certificates import management_certificate

from asyncsm.emulator.compute import ServiceCertificate
from asyncsm.emulator.gateways import Gateway
from asyncsm.emulator.websites import WebSiteBackup
from asyncsm.wire import application_gateways as wire
from asyncsm.wire.hybrid_connections import RelayServiceConnectionEntity
from asyncsm.wire.vm_images import VMImage
from asyncsm.wire.vpn_gateways import GatewayState
from asyncsm.wire.website_backups import BackupRequest

NETWORK = """<NetworkConfiguration xmlns="http://schemas.microsoft.com/ServiceHosting/2011/07/NetworkConfiguration">
  <VirtualNetworkConfiguration>
  <Dns><DnsServers><DnsServer name="names" IPAddress="10.0.1.4"/></DnsServers></Dns>
  <VirtualNetworkSites>
    <VirtualNetworkSite name="inside" Location="West US">
      <AddressSpace><AddressPrefix>10.0.0.0/16</AddressPrefix></AddressSpace>
      <Subnets><Subnet name="web"><AddressPrefix>10.0.1.0/24</AddressPrefix></Subnet>
        <Subnet name="GatewaySubnet"><AddressPrefix>10.0.255.0/27</AddressPrefix></Subnet></Subnets>
    </VirtualNetworkSite>
  </VirtualNetworkSites></VirtualNetworkConfiguration>
</NetworkConfiguration>"""

EVERYTHING = {
    "affinity_groups": [{"name": "near", "description": "together"}],
    "storage_accounts": [
        {"name": "store", "label": "the store"},
        {"name": "near{index}", "count": 2, "affinity_group": "near", "account_type": "Standard_LRS"},
    ],
    "network_configuration": NETWORK,
    "reserved_ips": [{"name": "front"}],
    "network_security_groups": [
        {"name": "guard", "rules": [{"name": "ssh", "priority": 100, "destination_port_range": "22"}]}
    ],
    "route_tables": [{"name": "out", "routes": [{"name": "all", "next_hop_type": "Null"}]}],
    "local_network_gateways": [{"name": "office"}],
    "virtual_network_gateways": [
        {"name": "door", "virtual_network_name": "inside", "connected_to": ["office"]}
    ],
    "application_gateways": [{"name": "spread", "virtual_network_name": "inside", "subnets": ["web"]}],
    "traffic_profiles": [
        {
            "name": "everywhere",
            "endpoints": ["shop.cloudapp.net", "pages.azurewebsites.net", "www.example.com"],
        }
    ],
    "extensions": [{"provider": "Ours", "name": "Agent", "versions": ["1.0.0.0", "1.1.0.0"]}],
    "sql_servers": [
        {
            "name": "keeper",
            "server_name": "ledger",
            "firewall_rules": [
                {"name": "office", "start_ip_address": "203.0.113.1", "end_ip_address": "255.255.255.255"}
            ],
        }
    ],
    "sql_databases": [
        {"name": "orders", "server_name": "keeper", "edition": "Premium"},
        {"name": "log{index}", "server_name": "keeper", "count": 2},
    ],
    "service_bus_namespaces": [
        {
            "name": "messages",
            "rules": [{"name": "sender", "rights": ["Send"]}],
            "queues": [{"name": "orders", "lock_duration": "PT30S"}, {"name": "log1"}, {"name": "log2"}],
            "topics": [{"name": "news"}],
            "notification_hubs": ["phones"],
            "relays": ["door"],
        }
    ],
    "web_sites": [{"name": "pages"}, {"name": "blog{index}", "count": 2, "location": "East US"}],
    "cloud_services": [{"name": "batch"}],
    "job_collections": [
        {
            "name": "nightly",
            "cloud_service_id": "batch",
            "jobs": [{"name": "report", "uri": "http://127.0.0.1/", "frequency": "day"}],
        }
    ],
    "hdinsight_clusters": [{"name": "crunch", "storage_account": "store"}],
    "add_ons": [{"name": "mail", "provider": "sendgrid_azure", "offer": "sendgrid"}],
    "alert_rules": [
        {
            "name": "idle",
            "resource": "/hostedservices/shop/deployments/production/roles/vm",
            "operator": "LessThan",
            "threshold": 5,
        }
    ],
    "os_images": [{"name": "mine", "os": "Linux"}],
    "disks": [{"name": "spare{index:02}", "count": 3, "label": "no. {index}"}],
    "hosted_services": [{"name": "shop", "affinity_group": "near", "description": "all of it"}],
    "virtual_machines": [
        {
            "name": "vm",
            "service_name": "shop",
            "deployment_name": "production",
            "os_virtual_hard_disk": {"source_image_name": "mine"},
            "network_config": {
                "subnet_names": ["web"],
                "endpoints": [{"name": "ssh", "local_port": 22}],
            },
            "virtual_network_name": "inside",
            "reserved_ip_name": "front",
        }
    ],
}

SPREADING = wire.ApplicationGatewayConfiguration(
    frontend_ip_configurations=[wire.FrontendIPConfiguration(name="front", type="Private")],
    frontend_ports=[wire.FrontendPort(name="https", port=443)],
    backend_address_pools=[wire.BackendAddressPool(name="machines", ip_addresses=["10.0.1.5"])],
    backend_http_settings_list=[wire.BackendHttpSettings(name="web", port=80, protocol="Http")],
    http_listeners=[
        wire.HttpListener(
            name="shop", frontend_ip="FRONT", frontend_port="https", protocol="Https", ssl_cert="tls"
        )
    ],
    http_load_balancing_rules=[
        wire.HttpLoadBalancingRule(
            name="all", backend_http_settings="web", listener="shop", backend_address_pool="machines"
        )
    ],
)
"""Configuration of an application gateway that has the certificate ``tls``."""


def fill(emulator):
    """Seed an emulator with EVERYTHING, and give its first subscription what no seed describes."""
    emulator.seed(EVERYTHING)
    emulator.seed(
        {
            "hosted_services": [{"name": "front-end"}],
            "deployments": [{"name": "blue", "service_name": "front-end", "roles": {"WebRole": 2}}],
        }
    )
    owner = emulator.state.subscriptions[emulator.subscription_id]
    certificate = management_certificate("service")
    thumbprint = certificate.thumbprint.upper()
    owner.hosted_services["shop"].certificates[thumbprint] = ServiceCertificate(
        thumbprint, b64decode(certificate.data_base64)
    )
    owner.vm_images["whole"] = VMImage(name="whole", label="all of it", location="West US")
    owner.gateways["first"] = Gateway(
        "1f5bd5a2-7d3b-4a49-b2cf-5b6a7d3c0e22",
        "inside",
        owner.networks.sites["inside"].id or "",
        "StaticRouting",
        "Default",
        state=GatewayState.PROVISIONED,
    )
    owner.resource_providers = ("website",)
    site = owner.web_spaces["westuswebspace"].sites["pages"]
    site.hybrid_connections["office"] = RelayServiceConnectionEntity(
        entity_name="office",
        hostname="sql.office.test",
        port=1433,
        entity_connection_string="SharedAccessKey=hidden",
    )
    owner.web_site_backups["pages"] = WebSiteBackup(
        id="1f5bd5a2-7d3b-4a49-b2cf-5b6a7d3c0e11",
        name="weekly",
        blob="weekly.zip",
        request=BackupRequest(storage_account_url="https://store.blob.core.windows.net/b?sig=hidden"),
        space="westuswebspace",
        site="pages",
        plan="Default0",
        created=emulator.clock.now(),
        configuration="{}",
        host_names=("pages.azurewebsites.net",),
    )
