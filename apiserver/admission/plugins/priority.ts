import type { KubeObject } from '../../../object/object.ts';
import type { Lister } from '../../watch/view.ts';
import type { AdmissionPlugin, AdmissionRequest } from '../plugin.ts';
import { isFor, refused } from '../refusal.ts';

/**
 * A pod's priority is that of its PriorityClass, or of the default one.
 * Source: plugin/pkg/admission/priority.
 */
export function makePriority(options: { priorityClasses: Lister }): AdmissionPlugin {
  return {
    name: 'Priority',
    mutate(request) {
      const pod = request.object;
      if (pod?.spec === undefined || !isFor(request, '', 'pods')) return;
      if (request.operation === 'CREATE') setPriority(request, pod, options.priorityClasses);
      else if (request.operation === 'UPDATE') keepPriority(pod, request.oldObject);
    },
    validate(request) {
      const own = request.object;
      if (!isFor(request, 'scheduling.k8s.io', 'priorityclasses')) return;
      if (request.operation === 'DELETE' || own?.globalDefault !== true) return;
      const known = defaultClass(options.priorityClasses);
      if (known === undefined) return;
      const { name } = known.metadata;
      if (request.operation === 'UPDATE' && name === own.metadata.name) return;
      throw refused(
        request,
        `PriorityClass ${name} is already marked as default. Only one default can exist`,
      );
    },
  };
}

function setPriority(request: AdmissionRequest, pod: KubeObject, classes: Lister): void {
  const { spec } = pod;
  const asked: string = spec.priorityClassName ?? '';
  const found = asked === '' ? defaultClass(classes) : classes.get('', asked);
  if (asked !== '' && found === undefined) {
    throw refused(request, `no PriorityClass with name ${asked} was found`);
  }
  if (found !== undefined) spec.priorityClassName = found.metadata.name;
  const priority: number = found?.value ?? 0;
  const policy: string = found?.preemptionPolicy ?? 'PreemptLowerPriority';
  if (spec.priority !== undefined && spec.priority !== null && spec.priority !== priority) {
    throw refused(
      request,
      `the integer value of priority (${spec.priority}) must not be provided in pod spec; priority admission controller computed ${priority} from the given PriorityClass name`,
    );
  }
  if (spec.preemptionPolicy && spec.preemptionPolicy !== policy) {
    throw refused(
      request,
      `the string value of PreemptionPolicy (${spec.preemptionPolicy}) must not be provided in pod spec; priority admission controller computed ${policy} from the given PriorityClass name`,
    );
  }
  spec.priority = priority;
  spec.preemptionPolicy = policy;
}

/** Several may be marked in a race: the least one counts. */
function defaultClass(classes: Lister): KubeObject | undefined {
  let least: KubeObject | undefined;
  for (const one of classes.list('')) {
    if (one.globalDefault === true && (least === undefined || one.value < least.value)) least = one;
  }
  return least;
}

/** Clients that know nothing of priorities do not take them away. */
function keepPriority(pod: KubeObject, old: KubeObject | undefined): void {
  pod.spec.priority ??= old?.spec?.priority;
  pod.spec.preemptionPolicy ??= old?.spec?.preemptionPolicy;
}
