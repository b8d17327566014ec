import { parseQuantity, quantityMilliValue, quantityValue } from '../../../object/quantity.ts';

/** What a container may use and asks for, as `resourceFieldRef` says it. */
export interface ResourceFieldRef {
  containerName?: string;
  /** `limits.cpu`, `requests.memory`. */
  resource: string;
  /** A unit; 1 when it is absent or zero. */
  divisor?: string;
}

interface Container {
  name: string;
  resources?: Partial<Record<'limits' | 'requests', Record<string, string>>>;
}

/** In whole units, rounded up. What has no limit may use what the node has. */
export function resourceField(
  container: Container,
  { resource, divisor = '1' }: ResourceFieldRef,
  allocatable: Readonly<Record<string, string>>,
): string {
  const [kind = '', ...rest] = resource.split('.');
  const name = rest.join('.');
  if (kind !== 'limits' && kind !== 'requests') {
    throw new Error(`unsupported container resource : ${resource}`);
  }
  const own = container.resources?.[kind]?.[name];
  const quantity = own ?? (kind === 'limits' ? allocatable[name] : undefined) ?? '0';
  const measure = name === 'cpu' ? quantityMilliValue : quantityValue;
  const unit = measure(parseQuantity(divisor)) || measure(parseQuantity('1'));
  return String(Math.ceil(measure(parseQuantity(quantity)) / unit));
}

/** The container of a pod's spec that a volume's item names. */
export function containerNamed(spec: object, name: string): Container {
  const { containers = [], initContainers = [] } = spec as Record<string, Container[]>;
  const found = [...containers, ...initContainers].find((c) => c.name === name);
  if (found === undefined) throw new Error(`container ${name} not found`);
  return found;
}
