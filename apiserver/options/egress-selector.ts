import { readFileSync } from 'node:fs';
import { FlagError } from '../../flags/flag-set.ts';
import { fieldDuplicate, fieldInvalid, fieldNotSupported } from '../../object/field-error.ts';
import { fieldErrorsText, type StatusCause } from '../../object/status-error.ts';
import { parseYaml } from '../../object/yaml.ts';
import { checkFields, type Shape } from '../configuration-shape.ts';

/** `--egress-selector-config-file`. Source: k8s.io/apiserver server/egressselector/config.go. */
interface Given {
  apiVersion?: string;
  kind?: string;
  egressSelections?: {
    name?: string;
    connection?: { proxyProtocol?: string; transport?: unknown };
  }[];
}

const versions = ['v1beta1', 'v1alpha1'].map((version) => `apiserver.k8s.io/${version}`);
const protocols = ['Direct', 'HTTPConnect', 'GRPC'];
const names = ['cluster', 'controlplane', 'etcd'];

const transport: Shape = {
  tcp: { url: true, tlsConfig: { caBundle: true, clientKey: true, clientCert: true } },
  uds: { udsName: true },
};
const shape: Shape = {
  apiVersion: true,
  kind: true,
  egressSelections: [{ name: true, connection: { proxyProtocol: true, transport } }],
};

/** All connections are direct ones, so a file may say that, and nothing else. Throws FlagError. */
export function checkEgressSelector(flags: { 'egress-selector-config-file': string }): void {
  const file = flags['egress-selector-config-file'];
  if (file === '') return;
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch {
    throw new FlagError(`egress-selector-config-file ${file} does not exist`);
  }
  const { egressSelections = [] } = read(text);
  const faults = egressSelections.flatMap(connectionFaults);
  faults.push(...nameFaults(egressSelections.map(({ name = '' }) => name.toLowerCase())));
  if (faults.length > 0) {
    throw new FlagError(
      `failed to validate egress selector configuration: ${fieldErrorsText(faults)}`,
    );
  }
  for (const { name = '', connection } of egressSelections) {
    if (connection?.proxyProtocol === 'Direct') continue;
    throw new FlagError(
      `--egress-selector-config-file: ${connection?.proxyProtocol} for ${name} is not supported by this server, which connects directly; say Direct`,
    );
  }
}

function read(text: string): Given {
  try {
    const content = parseYaml(text) as Given | null;
    const { apiVersion = '', kind = '' } = content ?? {};
    if (!versions.includes(apiVersion) || kind !== 'EgressSelectorConfiguration') {
      throw new Error(
        `no kind ${JSON.stringify(kind)} is registered for version ${JSON.stringify(apiVersion)}: expected ${versions[0]} EgressSelectorConfiguration`,
      );
    }
    checkFields(content, shape);
    return content as Given;
  } catch (error) {
    throw new FlagError(`failed to read egress selector config: ${(error as Error).message}`);
  }
}

function connectionFaults({
  connection: { proxyProtocol = '', transport: given } = {},
}: NonNullable<Given['egressSelections']>[number]): StatusCause[] {
  const at = 'service.connection';
  if (!protocols.includes(proxyProtocol)) {
    return [fieldNotSupported(`${at}.protocol`, proxyProtocol, protocols)];
  }
  if (proxyProtocol !== 'Direct' || given == null) return [];
  return [fieldInvalid(`${at}.transport`, 'direct', 'config must be absent for direct connect')];
}

/** `given` in lower case. */
function nameFaults(given: readonly string[]): StatusCause[] {
  const at = 'service.connection';
  return given.flatMap((name, i) => {
    if (given.indexOf(name) < i) return [fieldDuplicate(`${at}[${i}]`, name)];
    return names.includes(name) ? [] : [fieldNotSupported(at, name, names)];
  });
}
