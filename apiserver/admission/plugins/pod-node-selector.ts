import type { KubeObject } from '../../../object/object.ts';
import { labelKeyErrors, labelValueErrors } from '../../../object/name.ts';
import { forbidden, internalError, StatusError } from '../../../object/status-error.ts';
import type { AdmissionPlugin, AdmissionRequest } from '../plugin.ts';
import { isFor } from '../refusal.ts';
import { findNamespace, type NamespaceReader } from './namespace-presence.ts';

/**
 * The nodes on which pods of a namespace may run. Source: plugin/pkg/admission/podnodeselector.
 */
export interface PodNodeSelectorOptions extends NamespaceReader {
  /** Selectors by namespace, beside that of namespaces that say nothing; from the configuration file. */
  selectors?: Readonly<Record<string, string>> | undefined;
}

const annotation = 'scheduler.alpha.kubernetes.io/node-selector';

type Labels = Record<string, string>;

export function makePodNodeSelector(options: PodNodeSelectorOptions): AdmissionPlugin {
  const { selectors = {} } = options;

  /** Refuses, or gives what the namespace says. */
  async function check(request: AdmissionRequest, pod: KubeObject): Promise<Labels> {
    const { namespace: name } = request;
    const namespace = await findNamespace(options, name);
    if (namespace === undefined) throw internalError(`namespace ${name} does not exist`);
    const given = namespace.metadata.annotations?.[annotation];
    const wanted = parseSelector(given ?? selectors['clusterDefaultNodeSelector'] ?? '');
    const own: Labels = pod.spec.nodeSelector ?? {};
    if (Object.entries(wanted).some(([key, value]) => (own[key] ?? value) !== value)) {
      throw refusal(
        pod,
        'pod node label selector conflicts with its namespace node label selector',
      );
    }
    return wanted;
  }

  function checkAllowed({ namespace }: AdmissionRequest, pod: KubeObject): void {
    const allowed = parseSelector(selectors[namespace] ?? '');
    if (Object.keys(allowed).length === 0) return;
    const own = Object.entries<string>(pod.spec.nodeSelector ?? {});
    if (own.every(([key, value]) => allowed[key] === value)) return;
    throw refusal(pod, 'pod node label selector labels conflict with its namespace whitelist');
  }

  const podOf = (request: AdmissionRequest): KubeObject | undefined =>
    request.operation === 'CREATE' && isFor(request, '', 'pods') ? request.object : undefined;

  return {
    name: 'PodNodeSelector',
    async mutate(request) {
      const pod = podOf(request);
      if (pod?.spec === undefined) return;
      const wanted = await check(request, pod);
      if (Object.keys(wanted).length > 0) {
        pod.spec.nodeSelector = { ...wanted, ...pod.spec.nodeSelector };
      }
      checkAllowed(request, pod);
    },
    async validate(request) {
      const pod = podOf(request);
      if (pod?.spec === undefined) return;
      await check(request, pod);
      checkAllowed(request, pod);
    },
  };
}

function refusal({ metadata }: KubeObject, why: string): StatusError {
  return forbidden({ group: '', resource: 'pods' }, metadata.name ?? '', why);
}

/** `a=b,c=d`; throws what has no status of its own upstream either. */
function parseSelector(text: string): Labels {
  const labels: Labels = {};
  for (const part of text === '' ? [] : text.split(',')) {
    const sides = part.split('=');
    if (sides.length !== 2)
      throw new StatusError(500, '', `invalid selector: [${sides.join(' ')}]`);
    const [key = '', value = ''] = sides.map((side) => side.trim());
    throwInvalid('<nil>', key, labelKeyErrors(key));
    throwInvalid(`[${key}]`, value, labelValueErrors(value));
    labels[key] = value;
  }
  return labels;
}

function throwInvalid(field: string, value: string, errors: readonly string[]): void {
  if (errors.length === 0) return;
  const text = `${field}: Invalid value: ${JSON.stringify(value)}: ${errors.join('; ')}`;
  throw new StatusError(500, '', text);
}
