import { fieldForbidden } from '../../../object/field-error.ts';
import type { KubeObject } from '../../../object/object.ts';
import type { StatusCause } from '../../../object/status-error.ts';
import type { Plain } from '../plain.ts';
import type { KindDefinition } from '../resource.ts';

/** Where the pods of a kind are described. */
const specPaths: Readonly<Record<string, string>> = {
  Pod: 'spec',
  PodTemplate: 'template.spec',
  ReplicationController: 'spec.template.spec',
  Deployment: 'spec.template.spec',
  ReplicaSet: 'spec.template.spec',
  DaemonSet: 'spec.template.spec',
  StatefulSet: 'spec.template.spec',
  Job: 'spec.template.spec',
  CronJob: 'spec.jobTemplate.spec.template.spec',
};

/** Without `--allow-privileged` no container may be privileged (core validation, capabilities). */
export function withoutPrivileged(definition: KindDefinition): KindDefinition {
  const path = specPaths[definition.kind];
  if (path === undefined) return definition;
  return {
    ...definition,
    validate: (object) => [
      ...(definition.validate?.(object) ?? []),
      ...privilegedContainers(object, path),
    ],
  };
}

function privilegedContainers(object: KubeObject, path: string): StatusCause[] {
  let spec: Plain = object;
  for (const field of path.split('.')) spec = spec?.[field];
  return ['containers', 'initContainers', 'ephemeralContainers'].flatMap((list) =>
    (Array.isArray(spec?.[list]) ? (spec[list] as Plain[]) : []).flatMap((container, index) =>
      container?.securityContext?.privileged === true
        ? [
            fieldForbidden(
              `${path}.${list}[${index}].securityContext.privileged`,
              'disallowed by cluster policy',
            ),
          ]
        : [],
    ),
  );
}
