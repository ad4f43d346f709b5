"""All that may differ from the recordings, and why; nothing else may."""

import re
from collections.abc import Callable

# ---------------------------------------------------------------- what we read

NOT_MODELLED = {
    "string": "a bare word in answer to Replicate VM Image, which nobody needs",
}

DIFFERENCES: dict[str, tuple[str, str | Callable[[re.Match[str]], str]]] = {
    "a fraction of a second has seven digits, and Python knows six": (
        r"(?<=:\d\d)\.(\d+)",
        lambda found: "." + found[1].ljust(6, "0")[:6],
    ),
    "a request named only the day of an image's publication": (
        r"(<PublishedDate>\d{4}-\d\d-\d\d)(?=<)",
        r"\1T00:00:00Z",
    ),
    "the reply to it does not say that it means UTC": (
        r"(<PublishedDate>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?=<)",
        r"\1Z",
    ),
}
"""All that may differ after a model was read and written, with the reason."""

# ---------------------------------------------------------------- what we send

REFUSED_BEFORE_SENDING = {
    ("storage/unicode_create_storage_account_unicode_name", 1): "the service takes ASCII names only",
}
"""Requests the service refused, and we do not even send."""

CONTENT_TYPE = "application/xml; charset=utf-8"
"""Where the old SDK sent ``application/atom+xml;type=entry;charset=utf-8``: no body is an Atom entry, and
this is the type the API's reference asks for."""

ONLY_RAW = {
    ("compute/perform_get", 3): "Get Hosted Service Properties without saying embed-detail",
}
"""Requests that no typed method makes."""

# ---------------------------------------------------------------- what the emulator answers

NOT_COMPARED = {
    "strict-transport-security": "a browser would remember it for every port of this machine's name",
}
"""Headers left out of the comparison with recordings, and why."""

NOT_THE_SERVICES_SHAPE = {
    "PersistentVMDowntime": "an announcement of maintenance where the deployment was, and not all places had one",
}
"""Elements left out of the comparison with recordings, and why."""

OTHERS_ENTRIES = (
    "the recorded list also has what the subscription had from before: entries in both are compared"
)
"""Why lists differ, unless `SELECTIONS` says more."""

OUT_OF_ORDER = "the recording has lost whether this was read before or after a change of the same second"
"""Why answers to reads differ that `Exchange.may_be_later`."""

OTHER_OFFERS = "the platform's offers changed with time; the emulator has those of all times"

SELECTIONS = {
    "Images": OTHER_OFFERS,
    "VMImages": OTHER_OFFERS,
    "ResourceExtensions": OTHER_OFFERS,
    "Locations": OTHER_OFFERS,
    "GeoRegions": OTHER_OFFERS,
    "RoleSizes": OTHER_OFFERS,
    "OperatingSystems": OTHER_OFFERS,
    "OperatingSystemFamilies": OTHER_OFFERS,
    "feed": OTHER_OFFERS,
    "DedicatedCircuitServiceProviders": OTHER_OFFERS,
}
"""Lists, by root element, of what the platform offered: entries in both are compared."""

INSTANCES_ORDER = "the service listed the instances of a role in an order of the day"
"""Why the names of role instances stand in another order."""

_INSTANCE = r".*/RoleInstance/"
_ONE_OF_SEVERAL = r".*/RoleInstanceList of several/RoleInstance/"
_ON_THE_WAY = r"(RoleStateUnknown|CreatingVM|StartingVM|Provisioning|BusyRole)"
_NO_PROMISE = "how long Windows is set up is no part of the promise, and no machine goes back to be compared"
_NO_PACE = "instances start at their own pace, and not in the recorded order"

ON_PURPOSE = {
    r"Site/ServerFarm: DefaultSF / Default0": "the recorded site was on a plan that was there from before",
    r"ArrayOfstring/string: .* / \(missing\)": "every subscription has its own publishing users",
    r"json/AppSettings/item: .* / \(missing\)": "the recorded site had been given a setting",
    r"string: <\?xml .* / <html>.*": "the web server's page about a name that was left out of a path is here without its colours",
    r"Gateway/(GatewayId|DefaultSites): \(missing\) / .*|GatewayOperation/(Data|HealthStatus): .* / .*"
    r"|LocalNetworkGateways?/.*Location: \(missing\) / \(empty\)"
    r"|VirtualNetworkGateways?/.*BgpSettings: \(empty\) / \(missing\)": (
        "from 2014 to 2016 the service told more and more of gateways, and the emulator does as in the middle of 2015"
    ),
    r"Gateway(Operation|OperationAsyncResponse)/ID: [0-9a-f-]{36} / [0-9a-f-]{36}": (
        "whether operations on gateways and circuits were named as the requests that began them changed with time"
    ),
    r"(BgpPeering|CrossConnection)/((Primary|Secondary)AzurePort|STag): .*": (
        "the service's devices have names and tags of their own"
    ),
    r"DedicatedCircuitServiceProviders/.*Bandwidth: 200 / 1": (
        "providers for tests were given other bandwidths with time"
    ),
    r"Gateway/(LastEvent.*|GatewaySize: Default / None)": "the recorded network had had a gateway before",
    r"SharedKey/Value: FAKE\w+ / \w+": "the recording has something else in place of the key",
    r"GatewayPublicDiagnosticsStatus/PublicDiagnosticsUrl: .*": "nobody can read a capture of the emulator's",
    r"status: 500 / 404 .*client root certificate.*": (
        "in 2014 the service failed where it later missed a root certificate"
    ),
    r"Service(Resources/Service)?Resource/DimensionSettings/ServiceResource/Ordinal: \d+ / \d+": (
        "the emulator offers the service objectives of 2015, when there were S3 and S4 before the Premium ones"
    ),
    r"NetworkSecurityGroup/Rules/Rule: before ALLOW VNET OUTBOUND / after it": (
        "two rules of one priority were told in either order"
    ),
    r"Subscription/(SubscriptionName|OfferCategories|Current\w+): \w.* / \w.*": "every subscription has its own",
    r"(Images/OSImage|VMImages/VMImage|ResourceExtensions/ResourceExtension)/Description: .*": (
        "what publishers said at length of what they offer is only named in the catalogue"
    ),
    r"OSImage/Description: .{50,} / .*": (
        "what publishers said at length of what they offer is only named in the catalogue"
    ),
    r"(Images/OSImage|VMImages/VMImage|OSImage)/Location: .* / .*;.*": (
        "an image of the platform came to more regions with time, and the catalogue has all of them"
    ),
    r"VMImages/VMImage/.*/LogicalDiskSizeInGB: .*": "the service read it in the blob, the emulator has no blobs",
    r"VMImages/VMImage/RecommendedVMSize: ExtraLarge / A7": "publishers changed what they recommend",
    r"(Locations/Location|AffinityGroups/AffinityGroup|AffinityGroup)/.*/"
    r"(RoleSize|AvailableService|StorageAccountType): (?!before ).*": (
        "sizes and services came to regions with time, and not to every subscription; the catalogue has all of them"
    ),
    r"Locations/Location/(Compute|Storage)Capabilities: \(missing\) / .*": (
        "the service told what regions are capable of from the middle of 2014, in all versions that have it"
    ),
    r"StorageService/.*/Endpoint: \(missing\) / https://.*\.file\..*": "file shares came to every account in 2015",
    r"StorageService/ExtendedProperties/ExtendedProperty: \(missing\) / Resource(Group|Location)": (
        "accounts were put into resource groups when regions came to have such"
    ),
    r"StorageServices?/.*/(GeoSecondaryRegion: (North Central US / Central US| / East US)"
    r"|StatusOfSecondary: Unavailable / Available)": (
        "regions and clusters that only the service's own people saw have other pairs, or none"
    ),
    r"status: 200 / 400 .*StartTime\..*": (
        "the emulator's clock begins later than some recordings, and so does what it tells of operations"
    ),
    r"Subscription/MaxExtraVIPCount: -1 / \(missing\)": "some months of 2015 had it, and the next ones did not",
    r"Locations/Location/.*/StorageAccountType: before .*": (
        "the service told the kinds of storage accounts of a region in another order from month to month"
    ),
    r"OperatingSystem(s|Families)/.*OperatingSystem(/Is(Active|Default))?: .*": (
        "releases of guest systems come and go, and the emulator's catalogue is of June 2015, with two later families"
    ),
    r"ResourceExtensions/ResourceExtension/(Label: .*|(CompanyName|PublishedDate|Regions): \(missing\) / .*)": (
        "publishers and the service told more of extensions as time went by"
    ),
    r"ResourceExtensions/.*/SampleConfig: .* / \(missing\)": "samples are left out of the catalogue",
    r"HostedServices/HostedService/ComputeCapabilities/.*": (
        "the recorded service had sizes which List Locations did not have for its region"
    ),
    r"OSImage(Details)?/LogicalSizeInGB: .*": "the service read it in the blob, the emulator has no blobs",
    r".*/SdkVersion: .*": "the service read it in the package, the emulator has no packages",
    r".*/OsVersion: .* / WA-GUEST-OS-.*": "the guest OS of the day, and the emulator's catalogue is of June 2015",
    r"VMImages/.*/OSDiskConfiguration/Name: (\w+)-\d / \1": "the recorded subscription had a disk of that name",
    r".*/NamespaceDescription/(EventHubEnabled|NamespaceType): \(missing\) / .*": (
        "namespaces of before 2015 did not tell it, the emulator's are all of then"
    ),
    r".*/NamespaceDescription/(ResourceGroup|MessagingSku): .*": (
        "from 2015 to 2016 what a namespace told of Azure Resource Manager changed; the emulator's is as recorded by Python"
    ),
    r".*/NamespaceDescription/DefaultKey: FAKE.*": "the recording has something else in place of the key",
    r".*/TopicDescription/CountDetails/ActiveMessageCount: 4 / 0": (
        "nobody can send messages to topics of the emulator"
    ),
    r"OSImage/PublishedDate: (.*) / \1Z": "the service did not say that a day given without a time is in UTC",
    _INSTANCE + r"RemoteAccessCertificateThumbprint: \(missing\) / .*": (
        "not every recorded Linux machine told its key, the emulator's do"
    ),
    _INSTANCE + r"HostName: \(missing\) / .*": (
        "the service told the name of a restarted machine only later"
    ),
    r"HostedService/Deployments/Deployment/Configuration: PFNlcnZpY2VDb25maWd1cmF0aW9uIHhtbG5zOnhzZ.*": (
        "the service wrote the file anew, in an order and with indentation of its own; the content is the same"
    ),
    _INSTANCE + r"InstanceStatus: RoleStateUnknown / \w+": (
        "the service lost sight of a machine while another one changed, the emulator does not"
    ),
    _INSTANCE + r"(InstanceStatus: ReadyRole / StoppedVM|PowerState: Started / Stopped)": (
        "the service showed a machine as running a while after the operation that stopped it had ended"
    ),
    _INSTANCE + r"(InstanceStatus: StartingVM / \w+|PowerState: Starting / Started)": _NO_PACE,
    _ONE_OF_SEVERAL + rf"InstanceStatus: ({_ON_THE_WAY} / \w+|ReadyRole / {_ON_THE_WAY})": _NO_PACE,
    _ONE_OF_SEVERAL + r"PowerState: Started / Starting": _NO_PACE,
    _ONE_OF_SEVERAL + r"(InstanceStateDetails|HostName|GuestAgentStatus/.*): .*": _NO_PACE,
    _ONE_OF_SEVERAL + r"(ResourceExtensionStatusList|RemoteAccessCertificateThumbprint): .*": _NO_PACE,
    _INSTANCE
    + r"InstanceSize: (?!Small).* / Small": "the service read it in the package, the emulator has no packages",
    _INSTANCE + r"InstanceStatus: Provisioning / (BusyRole|ReadyRole)": _NO_PROMISE,
    _INSTANCE + r"InstanceStateDetails: (Windows is preparing.* / .*| / Windows is preparing.*)": _NO_PROMISE,
    _INSTANCE + r"HostName: (\S+ / WIN-5CU3EUBGJ92|(tfsq4|WIN-\w+) / \S+)": (
        "the name that Windows has before it is set up comes with its image, of which the emulator has one"
    ),
    _INSTANCE + r"GuestAgentStatus/GuestAgentVersion: 2\..* / 2\..*": "the agent of the day",
    _INSTANCE
    + r"GuestAgentStatus/(FormattedMessage/Message: Status not|GuestAgentVersion: Unknown|Status: NotReady).*": (
        "the service lost sight of a machine while another one changed, the emulator does not"
    ),
    _INSTANCE + r"ResourceExtensionStatusList/.*(Version|Message): .*\d\.\d.* / .*\d\.\d.*": (
        "the release of an extension of the day, and the emulator's catalogue is of June 2015"
    ),
    _INSTANCE + r"HostName: (\w+) / \1\d": (
        "a machine of an image that is not generalized has its former name, and the emulator does not look into images"
    ),
    r".*/InputEndpoint/VirtualIPName: \(missing\) / \w+ContractContract": (
        "a cluster on which only the service's own people ran deployments did not tell the names of addresses"
    ),
    r".*/MacAddress: \w{12} / \w{12}": "a hardware address is made up",
    r".*/(Url|InternalDnsSuffix): .*(rdfetest|test-internal).*": (
        "a cluster on which only the service's own people ran deployments had a domain of its own"
    ),
    r"Disk/LogicalDiskSizeInGB: .*": "the service read it in the blob, the emulator has no blobs",
}
"""What is different by intention and why, as a pattern of ``where: recorded / emulated``."""
