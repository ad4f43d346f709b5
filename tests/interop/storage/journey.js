// Uploads a package with the storage library for Node, and deploys it with those for the service, all unchanged.
//
// Standard input has the emulator's address and files; standard output what has been made.

'use strict';

const fs = require('fs');
const { promisify } = require('util');
const azureStorage = require('azure-storage');

const facts = JSON.parse(fs.readFileSync(0, 'utf8'));
const pem = fs.readFileSync(facts.certificate, 'utf8');

function client(library, create) {
  const loaded = require(library);
  const credentials = loaded.createCertificateCloudCredentials({ subscriptionId: facts.subscription_id, pem });
  const made = loaded[create](credentials, facts.url);
  made.longRunningOperationInitialTimeout = made.longRunningOperationRetryTimeout = 0.05; // the clock runs faster
  return made;
}

const accounts = client('azure-asm-storage', 'createStorageManagementClient').storageAccounts;
const compute = client('azure-asm-compute', 'createComputeManagementClient');

const call = (group, method, ...parameters) => promisify(group[method].bind(group))(...parameters);

async function main() {
  await call(accounts, 'create', { name: 'nodestore', label: 'a store', location: 'West US' });
  const { primaryKey } = await call(accounts, 'getKeys', 'nodestore');
  const { storageAccount } = await call(accounts, 'get', 'nodestore');
  const [endpoint] = storageAccount.properties.endpoints;
  const blobs = azureStorage.createBlobService('nodestore', primaryKey, endpoint);
  await call(blobs, 'createContainerIfNotExists', 'packages');
  await call(blobs, 'createBlockBlobFromLocalFile', 'packages', 'shop.cspkg', facts.package);
  await call(compute.hostedServices, 'create', { serviceName: 'nodeshop', label: 'shop', location: 'West US' });
  await call(compute.deployments, 'create', 'nodeshop', 'Production', {
    name: 'v1', label: 'v1', packageUri: `${endpoint}packages/shop.cspkg`, configuration: facts.configuration,
    startDeployment: true,
  });
  const deployment = await call(compute.deployments, 'getByName', 'nodeshop', 'v1');
  console.log(JSON.stringify({
    roles: deployment.roles.map((role) => role.roleName), status: deployment.status,
  }));
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
