"""A seed document with resources of every kind that an emulator can be seeded with."""

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
    "virtual_network_gateways": [{"name": "door", "network": "inside", "connected_to": ["office"]}],
    "extensions": [{"provider": "Ours", "name": "Agent", "versions": ["1.0.0.0", "1.1.0.0"]}],
    "sql_servers": [
        {
            "name": "ledger",
            "firewall_rules": [{"name": "office", "start_ip_address": "203.0.113.1"}],
            "databases": [{"name": "orders", "edition": "Premium"}, {"name": "log{index}", "count": 2}],
        }
    ],
    "service_bus_namespaces": [
        {
            "name": "messages",
            "rules": [{"name": "sender", "rights": ["Send"]}],
            "queues": [{"name": "orders", "lock_duration": "PT30S"}, {"name": "log{index}", "count": 2}],
            "topics": [{"name": "news"}],
            "notification_hubs": [{"name": "phones"}],
            "relays": [{"name": "door"}],
        }
    ],
    "web_sites": [{"name": "pages"}, {"name": "blog{index}", "count": 2, "location": "East US"}],
    "job_collections": [
        {"name": "nightly", "cloud_service": "batch", "jobs": [{"name": "report", "frequency": "day"}]}
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
    "hosted_services": [
        {
            "name": "shop",
            "affinity_group": "near",
            "description": "all of it",
            "deployments": [
                {
                    "virtual_machines": [
                        {
                            "name": "vm",
                            "image": "mine",
                            "subnet": "web",
                            "endpoints": [{"name": "ssh", "local_port": 22}],
                        }
                    ],
                    "virtual_network": "inside",
                    "reserved_ip": "front",
                }
            ],
        }
    ],
}
