import { deepCopy } from '../../object/copy.ts';
import { deepEqual } from '../../object/equal.ts';
import { type KubeObject, timestamp } from '../../object/object.ts';
import { defaultServiceCidr } from './cluster-objects.ts';
import { type BootstrapPort, ensureExists } from './reconcile.ts';

/** As often as the endpoints of the kubernetes Service are looked at. */
const intervalMs = 10_000;

const ref = {
  group: 'networking.k8s.io',
  resource: 'servicecidrs',
  namespace: '',
  name: 'kubernetes',
};

const controller = 'kubernetes-service-cidr-controller';

interface Condition {
  type: string;
  status: string;
  reason?: string;
  message?: string;
}

/**
 * Keeps ServiceCIDR `kubernetes`: makes it again when it is gone, adds the second family, says that it is
 * ready. What differs from the flag is not changed but told, once.
 * Source: pkg/controlplane/controller/defaultservicecidr.
 */
export class DefaultServiceCidr {
  readonly #port: BootstrapPort;
  readonly #cidrs: readonly string[];
  readonly #onError: (error: unknown) => void;
  readonly #told = new Set<'ranges' | 'condition'>();
  #timer: NodeJS.Timeout | undefined;
  #stopped = false;

  /** `cidrs`: `--service-cluster-ip-range`, split at commas. */
  constructor(port: BootstrapPort, cidrs: readonly string[], onError: (error: unknown) => void) {
    this.#port = port;
    this.#cidrs = cidrs;
    this.#onError = onError;
  }

  /** Resolves after the first look; others follow. */
  async start(): Promise<void> {
    try {
      await this.#sync();
    } catch (error) {
      if (!this.#stopped) this.#onError(error);
    }
    if (!this.#stopped) this.#timer = setTimeout(() => void this.start(), intervalMs).unref();
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  async #sync(): Promise<void> {
    const found = await this.#port.get(ref);
    if (found === undefined) {
      await ensureExists(this.#port, ref, defaultServiceCidr(this.#cidrs));
      const made = await this.#port.get(ref);
      return made && this.#syncStatus(made);
    }
    const [first, ...others] = rangesOf(found);
    const isUpgrade = this.#cidrs.length === 2 && others.length === 0 && first === this.#cidrs[0];
    return isUpgrade ? this.#upgrade(found) : this.#syncStatus(found);
  }

  async #upgrade(object: KubeObject): Promise<void> {
    const next = deepCopy(object);
    next.spec.cidrs = [...this.#cidrs];
    try {
      await this.#port.update(ref, next);
    } catch (error) {
      const change = `from ${this.#cidrs[0]} to dual stack ${goList(this.#cidrs)}`;
      await this.#tell(
        object,
        'KubernetesDefaultServiceCIDRError',
        `The default ServiceCIDR can not be upgraded ${change} : ${(error as Error).message}`,
      );
    }
  }

  async #syncStatus(object: KubeObject): Promise<void> {
    if (object.metadata.deletionTimestamp) return;
    const conditions: Condition[] = object.status?.conditions ?? [];
    const ready = conditions.find(({ type }) => type === 'Ready');
    const stored = rangesOf(object);
    if (!deepEqual(stored, [...this.#cidrs])) {
      if (this.#isNews('ranges')) {
        const text = `The default ServiceCIDR ${goList(stored)} does not match the controller flag configurations ${goList(this.#cidrs)}`;
        await this.#tell(object, 'KubernetesDefaultServiceCIDRInconsistent', text);
      }
    } else if (ready?.status === 'False') {
      if (this.#isNews('condition')) {
        const text = `Configuration matches, but ${ready.message}`;
        await this.#tell(object, ready.reason ?? '', text);
      }
    } else if (ready?.status !== 'True') {
      const next = deepCopy(object);
      const condition = {
        type: 'Ready',
        status: 'True',
        lastTransitionTime: timestamp(new Date()),
        reason: '',
        message: 'Kubernetes default Service CIDR is ready',
      };
      const others = conditions.filter((c) => c !== ready);
      next.status = { ...next.status, conditions: [...others, condition] };
      await this.#port.update(ref, next);
    }
  }

  #isNews(what: 'ranges' | 'condition'): boolean {
    const isNew = !this.#told.has(what);
    this.#told.add(what);
    return isNew;
  }

  async #tell(about: KubeObject, reason: string, message: string): Promise<void> {
    const event = warning(about, reason, message);
    const { namespace = '', name = '' } = event.metadata;
    await this.#port.create({ group: '', resource: 'events', namespace, name }, event);
  }
}

function rangesOf({ spec }: KubeObject): string[] {
  return spec?.cidrs ?? [];
}

/** As Go prints a list of texts. */
function goList(texts: readonly string[]): string {
  return `[${texts.join(' ')}]`;
}

/** As upstream's recorder for core Events makes one about an object without a namespace. */
function warning(about: KubeObject, reason: string, message: string): KubeObject {
  const { name = '', uid, resourceVersion } = about.metadata;
  const now = new Date();
  const time = timestamp(now);
  const nanoseconds = BigInt(now.getTime()) * 1_000_000n;
  return {
    apiVersion: 'v1',
    kind: 'Event',
    metadata: { name: `${name}.${nanoseconds.toString(16)}`, namespace: 'default' },
    involvedObject: {
      kind: 'ServiceCIDR',
      apiVersion: 'networking.k8s.io/v1',
      name,
      uid,
      resourceVersion,
    },
    reason,
    message,
    type: 'Warning',
    source: { component: controller },
    reportingComponent: controller,
    reportingInstance: '',
    firstTimestamp: time,
    lastTimestamp: time,
    count: 1,
    eventTime: null,
  };
}
