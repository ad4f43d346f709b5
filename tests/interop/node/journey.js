// A journey through the core of the service with Azure's own libraries for Node, unchanged.
//
// Standard input has the emulator's address and files; each call's outcome is a line of JSON on standard output.

'use strict';

const fs = require('fs');

const facts = JSON.parse(fs.readFileSync(0, 'utf8'));
const pem = fs.readFileSync(facts.certificate, 'utf8');

const clients = {
  management: client('azure-asm-mgmt', 'createManagementClient'),
  storage: client('azure-asm-storage', 'createStorageManagementClient'),
  compute: client('azure-asm-compute', 'createComputeManagementClient'),
  network: client('azure-asm-network', 'createNetworkManagementClient'),
  traffic: client('azure-asm-trafficmanager', 'createTrafficManagerManagementClient'),
};

function client(library, create) {
  const loaded = require(library);
  const { createCertificateCloudCredentials } = require('azure-asm-mgmt'); // not all libraries have it
  const credentials = createCertificateCloudCredentials({ subscriptionId: facts.subscription_id, pem });
  const made = loaded[create](credentials, facts.url);
  made.longRunningOperationInitialTimeout = made.longRunningOperationRetryTimeout = 0.05; // the clock runs faster
  return made;
}

// Call `name`, as `compute.hostedServices.create`, and tell what came of it.
async function call(name, ...parameters) {
  const [library, group, method] = name.split('.');
  const operations = clients[library][group];
  const [error, result] = await new Promise((done) => {
    const stream = operations[method](...parameters, (failed, answer) => done([failed, answer]));
    stream?.end(); // else a PUT or POST without a body waits for one
  });
  const outcome = error
    ? { error: { status: error.statusCode, code: error.code, message: error.message } }
    : { result };
  console.log(JSON.stringify({ call: name, ...outcome }));
  return result;
}

// From yesterday until long after what happens here by the emulator's clock.
const period = [-1, 60].map((days) => new Date(Date.now() + days * 24 * 3600 * 1000));

const blob = (path) => `https://nodestore.blob.core.windows.net/${path}`;

const encoded = (text) => Buffer.from(text).toString('base64');

function linux(name, image, port) {
  return {
    roleName: name,
    roleType: 'PersistentVMRole',
    roleSize: 'Small',
    label: name,
    provisionGuestAgent: true,
    oSVirtualHardDisk: { sourceImageName: image, mediaLink: blob(`vhds/${name}.vhd`) },
    dataVirtualHardDisks: [],
    configurationSets: [{
      configurationSetType: 'LinuxProvisioningConfiguration',
      hostName: name,
      userName: 'someone',
      userPassword: 'Passw0rd!',
      disableSshPasswordAuthentication: false,
      inputEndpoints: [],
      subnetNames: [],
      storedCertificateSettings: [],
    }, {
      configurationSetType: 'NetworkConfiguration',
      subnetNames: ['first'],
      storedCertificateSettings: [],
      inputEndpoints: [{ name: 'ssh', protocol: 'tcp', localPort: 22, port }],
    }],
  };
}

// Until all instances of a deployment are ready; their states are the emulator's clock's business.
async function ready(service, deployment) {
  for (let tries = 0; tries < 400; tries++) {
    const [error, read] = await new Promise((done) =>
      clients.compute.deployments.getByName(service, deployment, (failed, answer) => done([failed, answer])));
    if (!error && read.roleInstances.every((each) => each.instanceStatus === 'ReadyRole')) {
      return;
    }
    await new Promise((done) => setTimeout(done, 25));
  }
  console.log(JSON.stringify({ call: 'ready', error: { message: `${deployment} does not become ready` } }));
}

async function subscription() {
  await call('management.locations.list');
  await call('management.roleSizes.list');
  await call('management.subscriptions.get');
  await call('management.managementCertificates.list');
  await call('management.managementCertificates.create', {
    publicKey: facts.another.public_key, thumbprint: facts.another.thumbprint, data: facts.another.data,
  });
  await call('management.managementCertificates.get', facts.another.thumbprint);
  await call('management.managementCertificates.deleteMethod', facts.another.thumbprint);
  await call('management.affinityGroups.create', { name: 'nodegroup', label: 'a group', location: 'West US' });
  await call('management.affinityGroups.update', 'nodegroup', { label: 'another', description: 'again' });
  await call('management.affinityGroups.get', 'nodegroup');
  await call('management.affinityGroups.list');
  await call('management.affinityGroups.deleteMethod', 'nodegroup');
}

async function storage() {
  await call('storage.storageAccounts.checkNameAvailability', 'nodestore');
  await call('storage.storageAccounts.create', {
    name: 'nodestore', label: 'a store', location: 'West US', accountType: 'Standard_LRS',
    extendedProperties: { made: 'by Node' },
  });
  await call('storage.storageAccounts.get', 'nodestore');
  await call('storage.storageAccounts.list');
  await call('storage.storageAccounts.getKeys', 'nodestore');
  await call('storage.storageAccounts.regenerateKeys', { name: 'nodestore', keyType: 'Primary' });
  await call('storage.storageAccounts.update', 'nodestore', { label: 'renamed', accountType: 'Standard_GRS' });
}

async function network() {
  await call('network.networks.setConfiguration', { configuration: facts.network_configuration });
  await call('network.networks.getConfiguration');
  await call('network.networks.list');
  await call('network.reservedIPs.create', { name: 'nodeip', label: 'an address', location: 'West US' });
  await call('network.reservedIPs.get', 'nodeip');
  await call('network.reservedIPs.list');
  await call('network.staticIPs.check', 'nodenet', '10.1.0.10');
}

async function routes() {
  await call('network.routes.createRouteTable', { name: 'nodetable', label: 'ways', location: 'West US' });
  await call('network.routes.setRoute', 'nodetable', 'all', {
    name: 'all', addressPrefix: '0.0.0.0/0', nextHop: { type: 'VirtualAppliance', ipAddress: '10.1.0.9' },
  });
  await call('network.routes.getRouteTableWithDetails', 'nodetable', 'full');
  await call('network.routes.listRouteTables');
  await call('network.routes.addRouteTableToSubnet', 'nodenet', 'first', { routeTableName: 'nodetable' });
  await call('network.routes.getRouteTableForSubnet', 'nodenet', 'first');
  await call('network.routes.removeRouteTableFromSubnet', 'nodenet', 'first');
  await call('network.routes.deleteRoute', 'nodetable', 'all');
  await call('network.routes.deleteRouteTable', 'nodetable');
}

async function gateways() {
  await call('network.gateways.create', 'nodenet', { gatewaySKU: 'Default', gatewayType: 'DynamicRouting' });
  await call('network.gateways.get', 'nodenet');
  await call('network.gateways.setSharedKey', 'nodenet', 'office', { value: 'OursAndTheirs1' });
  await call('network.gateways.getSharedKey', 'nodenet', 'office');
  await call('network.gateways.resetSharedKey', 'nodenet', 'office', { keyLength: 64 });
  await call('network.gateways.setIPsecParameters', 'nodenet', 'office', {
    parameters: { encryptionType: 'AES256', pfsGroup: 'PFS1', sADataSizeKilobytes: 0, sALifeTimeSeconds: 0 },
  });
  await call('network.gateways.getIPsecParameters', 'nodenet', 'office');
  await call('network.gateways.connectDisconnectOrTest', 'nodenet', 'office', { operation: 'Connect' });
  await call('network.gateways.listConnections', 'nodenet');
  await call('network.gateways.setDefaultSites', 'nodenet', { defaultSite: 'office' });
  await call('network.gateways.removeDefaultSites', 'nodenet');
  await call('network.gateways.listSupportedDevices');
  await call('network.clientRootCertificates.create', 'nodenet', { certificate: facts.root_certificate });
  await call('network.clientRootCertificates.list', 'nodenet');
  await call('network.gateways.reset', 'nodenet', { operation: 'Reset' });
  await call('network.gateways.resize', 'nodenet', {
    operation: 'Resize', gatewaySKU: 'HighPerformance',
  });
  await call('network.gateways.deleteMethod', 'nodenet');
}

async function connections() {
  await call('network.gateways.createVirtualNetworkGateway', 'nodenet', {
    gatewayName: 'nodegate', gatewaySKU: 'Standard', gatewayType: 'DynamicRouting',
  });
  const made = await call('network.gateways.listVirtualNetworkGateways');
  const gateway = made.virtualNetworkGateways[0].gatewayId;
  await call('network.gateways.createLocalNetworkGateway', {
    gatewayName: 'nodedevice', ipAddress: '198.51.100.2', addressSpace: ['172.16.0.0/12'],
    bgpSettings: { asn: 65010, bgpPeeringAddress: '172.16.0.1', peerWeight: 5 },
  });
  const listed = await call('network.gateways.listLocalNetworkGateways');
  const device = listed.localNetworkGateways[0].id;
  await call('network.gateways.createGatewayConnection', {
    connectedEntityId: device, gatewayConnectionName: 'nodeway', gatewayConnectionType: 'IPsec',
    virtualNetworkGatewayId: gateway, routingWeight: 3, sharedKey: 'OursAndTheirs2', enableBgp: true,
  });
  await call('network.gateways.getGatewayConnection', gateway, device);
  await call('network.gateways.getSharedKeyV2', gateway, device);
  await call('network.gateways.deleteGatewayConnection', gateway, device);
  await call('network.gateways.deleteLocalNetworkGateway', device);
  await call('network.gateways.deleteVirtualNetworkGateway', gateway);
  await call('network.gateways.listVirtualNetworkGateways');
}

async function applicationGateways() {
  const name = 'nodespread';
  await call('network.applicationGateways.create', {
    name, vnetName: 'nodenet', subnets: ['first'], instanceCount: 2, gatewaySize: 'Small', description: 'by Node',
  });
  await call('network.applicationGateways.addCertificate', name, 'nodecert',
    { data: facts.pfx, certificateFormat: 'pfx', password: 'secret' });
  await call('network.applicationGateways.listCertificate', name);
  await call('network.applicationGateways.setConfig', name, {
    frontendIPConfigurations: [{ name: 'front', type: 'Private', staticIPAddress: '10.1.0.20' }],
    frontendPorts: [{ name: 'https', port: 443 }],
    probes: [{
      name: 'alive', protocol: 'Http', host: '127.0.0.1', path: '/', interval: 30, timeout: 30, unhealthyThreshold: 3,
    }],
    backendAddressPools: [{ name: 'pool', backendServers: [{ iPAddress: '10.1.0.4' }, { iPAddress: '10.1.0.5' }] }],
    backendHttpSettingsList: [{
      name: 'web', port: 80, protocol: 'Http', cookieBasedAffinity: 'Enabled', requestTimeout: 30, probe: 'alive',
    }],
    httpListeners: [{
      name: 'shop', frontendIP: 'front', frontendPort: 'https', protocol: 'Https', sslCert: 'nodecert',
    }],
    httpLoadBalancingRules: [{
      name: 'all', type: 'Basic', backendHttpSettings: 'web', listener: 'shop', backendAddressPool: 'pool',
    }],
  });
  await call('network.applicationGateways.getConfig', name);
  await call('network.applicationGateways.executeOperation', name, { operationType: 'start' });
  await call('network.applicationGateways.get', name);
  await call('network.applicationGateways.update', name, { instanceCount: 4, gatewaySize: 'Large' });
  await call('network.applicationGateways.executeOperation', name, { operationType: 'stop' });
  await call('network.applicationGateways.list');
  await call('network.applicationGateways.deleteMethod', name);
}

async function profiles() {
  const monitor = {
    intervalInSeconds: 30, timeoutInSeconds: 10, toleratedNumberOfFailures: 3, protocol: 'HTTP', port: 80,
    httpOptions: { verb: 'GET', relativePath: '/', expectedStatusCode: 200 },
  };
  await call('traffic.profiles.checkDnsPrefixAvailability', 'node.trafficmanager.net');
  await call('traffic.profiles.create', 'nodeprofile', 'node.trafficmanager.net');
  await call('traffic.definitions.create', 'nodeprofile', {
    dnsOptions: { timeToLiveInSeconds: 60 },
    monitors: [monitor],
    policy: {
      loadBalancingMethod: 'Performance',
      endpoints: [
        { domainName: 'nodevms.cloudapp.net', status: 'Enabled', type: 'CloudService' },
        { domainName: 'www.example.com', status: 'Disabled', type: 'Any', location: 'North Europe', weight: 3 },
      ],
    },
  });
  await call('traffic.profiles.get', 'nodeprofile');
  await call('traffic.definitions.list', 'nodeprofile');
  await call('traffic.definitions.get', 'nodeprofile');
  await call('traffic.profiles.update', 'nodeprofile', 'Disabled', 1);
  await call('traffic.profiles.list');
  await call('traffic.profiles.deleteMethod', 'nodeprofile');
}

async function images() {
  await call('compute.virtualMachineOSImages.create', {
    name: 'nodeimage', label: 'an image', operatingSystemType: 'Linux', mediaLinkUri: blob('images/os.vhd'),
    isPremium: false, showInGui: true,
  });
  await call('compute.virtualMachineOSImages.update', 'nodeimage', { label: 'renamed', description: 'again' });
  await call('compute.virtualMachineOSImages.get', 'nodeimage');
  await call('compute.virtualMachineOSImages.getDetails', 'nodeimage');
  await call('compute.virtualMachineOSImages.replicate', 'nodeimage', {
    targetLocations: ['West US', 'East US'],
    computeImageAttributes: { offer: 'offer', sku: 'sku', version: '1.0.0' },
  });
  await call('compute.virtualMachineOSImages.share', 'nodeimage', 'Private');
  await call('compute.virtualMachineOSImages.unreplicate', 'nodeimage');
  await call('compute.virtualMachineVMImages.create', {
    name: 'nodevmimage', label: 'a machine',
    oSDiskConfiguration: { oSState: 'Specialized', os: 'Linux', mediaLink: blob('images/vm.vhd') },
    dataDiskConfigurations: [],
  });
  await call('compute.virtualMachineVMImages.update', 'nodevmimage', { label: 'renamed' });
  await call('compute.virtualMachineVMImages.replicate', 'nodevmimage', {
    targetLocations: ['West US'], computeImageAttributes: { offer: 'offer', sku: 'sku', version: '1.0.0' },
  });
  await call('compute.virtualMachineVMImages.getDetails', 'nodevmimage');
  await call('compute.virtualMachineVMImages.share', 'nodevmimage', 'Private');
  await call('compute.virtualMachineVMImages.unreplicate', 'nodevmimage');
  await call('compute.virtualMachineVMImages.list');
  await call('compute.virtualMachineVMImages.deleteMethod', 'nodevmimage', false);
  await call('compute.virtualMachineExtensions.list');
  await call('compute.operatingSystems.list');
  await call('compute.operatingSystems.listFamilies');
  const listed = await call('compute.virtualMachineOSImages.list');
  return listed.images.find((each) => each.operatingSystemType === 'Linux' && each.category === 'Public').name;
}

async function machines(image) {
  await call('compute.hostedServices.checkNameAvailability', 'nodevms');
  await call('compute.hostedServices.create', { serviceName: 'nodevms', label: 'machines', location: 'West US' });
  await call('compute.hostedServices.update', 'nodevms', { label: 'renamed', description: 'again' });
  await call('compute.hostedServices.list');
  await call('compute.serviceCertificates.create', 'nodevms', {
    data: facts.pfx, certificateFormat: 'pfx', password: 'secret',
  });
  await call('compute.serviceCertificates.list', 'nodevms');
  await call('compute.virtualMachines.createDeployment', 'nodevms', {
    name: 'nodevms', deploymentSlot: 'Production', label: 'machines', roles: [linux('one', image, 2201)],
    virtualNetworkName: 'nodenet',
    dnsSettings: { dnsServers: [{ name: 'first', address: '10.1.0.4' }] }, reservedIPName: 'nodeip',
  });
  await ready('nodevms', 'nodevms');
  await call('compute.virtualMachines.create', 'nodevms', 'nodevms', linux('two', image, 2202));
  await ready('nodevms', 'nodevms');
  await call('compute.deployments.getByName', 'nodevms', 'nodevms');
  await call('compute.deployments.getBySlot', 'nodevms', 'Production');
  await call('compute.hostedServices.getDetailed', 'nodevms');
  await call('compute.dnsServer.addDNSServer', 'nodevms', 'nodevms', { name: 'second', address: '10.1.0.5' });
  await call('compute.dnsServer.updateDNSServer', 'nodevms', 'nodevms', 'second',
    { name: 'second', address: '10.1.0.6' });
  await call('compute.dnsServer.deleteDNSServer', 'nodevms', 'nodevms', 'second');
  await roles();
  await disks();
  await upkeep();
  await traffic();
  await security();
  await extensions();
}

async function roles() {
  const read = await call('compute.virtualMachines.get', 'nodevms', 'nodevms', 'two');
  const { configurationSets } = read;
  configurationSets[0].inputEndpoints.push({ name: 'web', protocol: 'tcp', localPort: 80, port: 8080 });
  await call('compute.virtualMachines.update', 'nodevms', 'nodevms', 'two', {
    roleName: 'two', roleSize: 'Medium', configurationSets, oSVirtualHardDisk: read.oSVirtualHardDisk,
    dataVirtualHardDisks: [], availabilitySetName: 'together',
  });
  await ready('nodevms', 'nodevms');
  await call('compute.virtualMachines.get', 'nodevms', 'nodevms', 'two');
  await call('compute.virtualMachines.restart', 'nodevms', 'nodevms', 'two');
  await call('compute.virtualMachines.shutdown', 'nodevms', 'nodevms', 'two',
    { postShutdownAction: 'StoppedDeallocated' });
  await call('compute.virtualMachines.start', 'nodevms', 'nodevms', 'two');
  await call('compute.virtualMachines.shutdownRoles', 'nodevms', 'nodevms',
    { roles: ['one', 'two'], postShutdownAction: 'Stopped' });
  await call('compute.virtualMachines.startRoles', 'nodevms', 'nodevms', { roles: ['one', 'two'] });
  await ready('nodevms', 'nodevms');
}

async function disks() {
  await call('compute.virtualMachineDisks.createDataDisk', 'nodevms', 'nodevms', 'one', {
    logicalUnitNumber: 0, logicalDiskSizeInGB: 10, mediaLinkUri: blob('vhds/data.vhd'), label: 'data',
    hostCaching: 'ReadOnly',
  });
  const data = await call('compute.virtualMachineDisks.getDataDisk', 'nodevms', 'nodevms', 'one', 0);
  await call('compute.virtualMachineDisks.updateDataDisk', 'nodevms', 'nodevms', 'one', 0, {
    logicalUnitNumber: 0, name: data.name, mediaLinkUri: data.mediaLinkUri, hostCaching: 'ReadWrite', label: 'data',
  });
  await call('compute.virtualMachineDisks.deleteDataDisk', 'nodevms', 'nodevms', 'one', 0, false);
  await call('compute.virtualMachineDisks.deleteDisk', data.name, true);
  await call('compute.virtualMachineDisks.createDisk',
    { name: 'nodedisk', label: 'a disk', mediaLinkUri: blob('vhds/spare.vhd') });
  await call('compute.virtualMachineDisks.getDisk', 'nodedisk');
  await call('compute.virtualMachineDisks.updateDisk', 'nodedisk', { name: 'nodedisk', label: 'renamed' });
  await call('compute.virtualMachineDisks.listDisks');
  await call('compute.virtualMachineDisks.deleteDisk', 'nodedisk', true);
}

async function upkeep() {
  const on = ['nodevms', 'nodevms'];
  await call('compute.virtualMachines.redeploy', ...on, 'one');
  await ready(...on);
  await call('compute.virtualMachines.initiateMaintenance', ...on, 'one');
  await ready(...on);
  await call('compute.deployments.listEvents', ...on, ...period);
  await call('compute.deployments.listEventsBySlot', 'nodevms', 'Production', ...period);
}

async function traffic() {
  const on = ['nodevms', 'nodevms'];
  await call('network.virtualIPs.add', ...on, 'second');
  await call('network.virtualIPs.remove', ...on, 'second');
  await call('compute.loadBalancers.create', ...on,
    { name: 'inside', frontendIPConfiguration: { type: 'Private', subnetName: 'first' } });
  await call('compute.loadBalancers.update', ...on, 'inside',
    { name: 'inside', frontendIPConfiguration: { type: 'Private', subnetName: 'first' } });
  await call('compute.loadBalancers.deleteMethod', ...on, 'inside');
  for (const name of ['one', 'two']) {
    const { configurationSets, roleSize, oSVirtualHardDisk } = await call('compute.virtualMachines.get', ...on, name);
    configurationSets[0].inputEndpoints.push({
      name: 'balanced', protocol: 'tcp', localPort: 90, port: 90, loadBalancedEndpointSetName: 'all',
      loadBalancerProbe: { protocol: 'tcp', port: 90 },
    });
    await call('compute.virtualMachines.update', ...on, name,
      { roleName: name, roleSize, configurationSets, oSVirtualHardDisk });
  }
  await call('compute.virtualMachines.updateLoadBalancedEndpointSet', ...on, {
    loadBalancedEndpoints: [{
      loadBalancedEndpointSetName: 'all', localPort: 91, port: 91, protocol: 'tcp', rules: [],
      loadBalancerProbe: { protocol: 'http', port: 91, path: '/health' },
    }],
  });
}

async function security() {
  await call('network.networkSecurityGroups.create', { name: 'nodegroup', label: 'a group', location: 'West US' });
  await call('network.networkSecurityGroups.setRule', 'nodegroup', 'web', {
    type: 'Inbound', priority: 100, action: 'Allow', protocol: 'TCP', sourceAddressPrefix: '*', sourcePortRange: '*',
    destinationAddressPrefix: '*', destinationPortRange: '80',
  });
  await call('network.networkSecurityGroups.addToSubnet', 'nodenet', 'first', { name: 'nodegroup' });
  await call('network.networkSecurityGroups.getForSubnet', 'nodenet', 'first');
  await call('network.networkSecurityGroups.get', 'nodegroup', 'Full');
  await call('network.networkSecurityGroups.list');
  await call('network.networkSecurityGroups.removeFromSubnet', 'nodenet', 'first', 'nodegroup');
  await call('network.networkSecurityGroups.addToRole', 'nodevms', 'nodevms', 'one', { name: 'nodegroup' });
  await call('network.networkSecurityGroups.getForRole', 'nodevms', 'nodevms', 'one');
  await call('network.networkSecurityGroups.removeFromRole', 'nodevms', 'nodevms', 'one', 'nodegroup');
  await call('network.networkSecurityGroups.deleteRule', 'nodegroup', 'web');
  await call('network.networkSecurityGroups.deleteMethod', 'nodegroup');
}

async function extensions() {
  const { extensionImages } = await call('compute.hostedServices.listAvailableExtensions');
  const remote = extensionImages.find((each) => each.type === 'RDP');
  await call('compute.hostedServices.listExtensionVersions', remote.providerNameSpace, remote.type);
  await call('compute.hostedServices.addExtension', 'nodevms', {
    providerNamespace: remote.providerNameSpace, type: remote.type, id: 'RDP-node', version: remote.version,
    publicConfiguration: '<PublicConfig><UserName>someone</UserName></PublicConfig>',
    privateConfiguration: '<PrivateConfig><Password>Passw0rd!</Password></PrivateConfig>',
  });
  await call('compute.hostedServices.listExtensions', 'nodevms');
  await call('compute.hostedServices.getExtension', 'nodevms', 'RDP-node');
  await call('compute.hostedServices.deleteExtension', 'nodevms', 'RDP-node');
  await call('compute.hostedServices.listPublisherExtensions');
  await call('compute.virtualMachineExtensions.listVersions', 'Microsoft.Compute', 'VMAccessAgent');
}

async function capture() {
  await call('compute.virtualMachines.shutdown', 'nodevms', 'nodevms', 'two', { postShutdownAction: 'Stopped' });
  await call('compute.virtualMachines.captureVMImage', 'nodevms', 'nodevms', 'two',
    { oSState: 'Specialized', vMImageName: 'nodecaptured', vMImageLabel: 'captured' });
  await call('compute.virtualMachineVMImages.deleteMethod', 'nodecaptured', true);
  await call('compute.virtualMachines.captureOSImage', 'nodevms', 'nodevms', 'two',
    { postCaptureAction: 'Delete', targetImageName: 'nodecapturedos', targetImageLabel: 'captured' });
  await call('compute.virtualMachineOSImages.deleteMethod', 'nodecapturedos', true);
}

async function cloudService() {
  await call('compute.hostedServices.create', { serviceName: 'nodeweb', label: 'web', location: 'West US' });
  await call('compute.deployments.create', 'nodeweb', 'Staging', {
    name: 'v1', label: 'v1', packageUri: blob('packages/shop.cspkg'), configuration: facts.configuration,
    startDeployment: true,
  });
  await ready('nodeweb', 'v1');
  await call('compute.deployments.changeConfigurationByName', 'nodeweb', 'v1',
    { configuration: facts.changed_configuration });
  await ready('nodeweb', 'v1');
  await call('compute.deployments.getPackageByName', 'nodeweb', 'v1',
    { containerUri: blob('packages'), overwriteExisting: true });
  await call('compute.deployments.rebuildRoleInstanceByDeploymentName', 'nodeweb', 'v1', 'WebRole_IN_0',
    'allLocalDrives');
  await ready('nodeweb', 'v1');
  await call('compute.deployments.deleteRoleInstanceByDeploymentName', 'nodeweb', 'v1', { name: ['WebRole_IN_2'] });
  await ready('nodeweb', 'v1');
  await call('compute.deployments.rebootRoleInstanceByDeploymentName', 'nodeweb', 'v1', 'WebRole_IN_0');
  await ready('nodeweb', 'v1');
  await call('compute.deployments.reimageRoleInstanceByDeploymentName', 'nodeweb', 'v1', 'WebRole_IN_0');
  await ready('nodeweb', 'v1');
  await call('compute.deployments.upgradeByName', 'nodeweb', 'v1', {
    mode: 'Auto', label: 'v2', packageUri: blob('packages/shop.cspkg'), configuration: facts.configuration,
    force: false,
  });
  await ready('nodeweb', 'v1');
  await call('compute.deployments.updateStatusByDeploymentName', 'nodeweb', 'v1', { status: 'Suspended' });
  await call('compute.deployments.swap', 'nodeweb', { sourceDeployment: 'v1' });
  await call('compute.deployments.getBySlot', 'nodeweb', 'Production');
  await call('compute.deployments.deleteBySlot', 'nodeweb', 'Production');
  await call('compute.hostedServices.deleteMethod', 'nodeweb');
}

async function end() {
  await call('network.reservedIPs.disassociate', 'nodeip', { serviceName: 'nodevms', deploymentName: 'nodevms' });
  await call('network.reservedIPs.associate', 'nodeip', { serviceName: 'nodevms', deploymentName: 'nodevms' });
  await call('compute.virtualMachines.create', 'nodevms', 'nodevms', linux('three', facts.image, 2203));
  await call('compute.virtualMachines.deleteMethod', 'nodevms', 'nodevms', 'three', true);
  await call('compute.deployments.deleteByName', 'nodevms', 'nodevms', true);
  await call('compute.serviceCertificates.deleteMethod',
    { serviceName: 'nodevms', thumbprint: facts.pfx_thumbprint, thumbprintAlgorithm: 'sha1' });
  await call('compute.hostedServices.deleteAll', 'nodevms');
  await call('network.reservedIPs.deleteMethod', 'nodeip');
  await call('compute.virtualMachineOSImages.deleteMethod', 'nodeimage', true);
  await call('storage.storageAccounts.deleteMethod', 'nodestore');
}

// What is refused is told as the service tells it, which programs ask about.
async function refusals() {
  await call('compute.hostedServices.get', 'nothing');
  await call('compute.virtualMachineOSImages.get', 'nothing');
  await call('storage.storageAccounts.get', 'nothing');
}

async function journey() {
  await refusals();
  await subscription();
  await storage();
  await network();
  facts.image = await images();
  await machines(facts.image);
  await profiles();
  await capture();
  await cloudService();
  await end();
  await routes();
  await gateways();
  await connections();
  await applicationGateways();
  await call('management.subscriptions.listOperations', { startTime: period[0], endTime: period[1] });
}

journey();
