import type { Resource } from '../apis/resource.ts';
import { groupPath, groupTag, type Operation } from './openapi-operation.ts';

/** Operations of the server itself: discovery, version, the issuer's keys. */

const meta = 'io.k8s.apimachinery.pkg.apis.meta.v1';
const objectTypes = ['application/json', 'application/yaml', 'application/vnd.kubernetes.protobuf'];

const capitalised = (word: string): string => word.charAt(0).toUpperCase() + word.slice(1);

function reading(
  path: string,
  tag: string,
  id: string,
  description: string,
  answer: string,
  types: readonly string[] = objectTypes,
): Operation {
  return {
    path,
    method: 'get',
    id,
    description,
    tag,
    parameters: [],
    consumes: types === objectTypes ? objectTypes : [],
    produces: types,
    answers: { 200: answer },
  };
}

/** Key in the index of /openapi/v3 and the operations behind it. */
export function serverOperations(resources: readonly Resource[]): Map<string, Operation[]> {
  const all = new Map<string, Operation[]>();
  const versions = 'get available API versions';
  all.set('api', [reading('/api/', 'core', 'getCoreAPIVersions', versions, `${meta}.APIVersions`)]);
  all.set('apis', [reading('/apis/', 'apis', 'getAPIVersions', versions, `${meta}.APIGroupList`)]);
  all.set('version', [
    {
      ...reading(
        '/version/',
        'version',
        'getCodeVersion',
        'get the version information for this server',
        'io.k8s.apimachinery.pkg.version.Info',
        ['application/json'],
      ),
      consumes: ['application/json'],
    },
  ]);
  const configuration = '.well-known/openid-configuration';
  all.set(configuration, [
    reading(
      `/${configuration}/`,
      'WellKnown',
      'getServiceAccountIssuerOpenIDConfiguration',
      'get the OpenID configuration of the issuer of service account tokens',
      '',
      ['application/json'],
    ),
  ]);
  all.set('openid/v1/jwks', [
    reading(
      '/openid/v1/jwks/',
      'openid',
      'getServiceAccountIssuerOpenIDKeyset',
      'get the public keys that verify service account tokens, as a JSON Web Key Set',
      '',
      ['application/jwk-set+json'],
    ),
  ]);
  for (const { group, custom } of resources) {
    // groups of custom resources have documents for their versions only, as upstream
    if (group === '' || custom !== undefined || all.has(`apis/${group}`)) continue;
    const tag = groupTag(group);
    const id = `get${capitalised(tag)}APIGroup`;
    const about = 'get information of a group';
    all.set(`apis/${group}`, [reading(`/apis/${group}/`, tag, id, about, `${meta}.APIGroup`)]);
  }
  return all;
}

/** GET of a group version: its resources. */
export function apiResourcesOperation(group: string, version: string): Operation {
  const tag = `${groupTag(group)}_${version}`;
  const id = `get${capitalised(groupTag(group))}${capitalised(version)}APIResources`;
  const path = `${groupPath(group, version)}/`;
  return reading(path, tag, id, 'get available resources', `${meta}.APIResourceList`);
}
