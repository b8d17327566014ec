import { nodeLabelWarnings } from '../core/pod-placement-warnings.ts';
import { dns1123LabelErrors } from '../../../object/name.ts';
import { ageColumn, nameColumn, textColumn } from '../column.ts';
import { checkResourceQuantity } from '../core/resources-validation.ts';
import { checkTolerations } from '../core/scheduling-validation.ts';
import { checkFormat, checkImmutable, type Errors } from '../field-check.ts';
import { checkLabels } from '../selector-validation.ts';
import type { KindDefinition } from '../resource.ts';

export const runtimeClass: KindDefinition = {
  group: 'node.k8s.io',
  version: 'v1',
  kind: 'RuntimeClass',
  resource: 'runtimeclasses',
  namespaced: false,
  storagePath: 'runtimeclasses',
  generation: false,
  unconditionalUpdate: false,
  columns: [nameColumn, textColumn('Handler', (runtime) => runtime.handler ?? ''), ageColumn],
  updateChecks: ['new metadata', 'rules', 'changed metadata', 'changes'],
  validateCreate(runtime) {
    const errors: Errors = [];
    checkFormat(errors, runtime.handler ?? '', 'handler', dns1123LabelErrors);
    for (const [name, amount] of Object.entries(runtime.overhead?.podFixed ?? {})) {
      // upstream checks it as limits, and says so
      checkResourceQuantity(errors, name, amount, `overhead.limits[${name}]`);
    }
    checkLabels(errors, runtime.scheduling?.nodeSelector, 'scheduling.nodeSelector');
    checkTolerations(errors, runtime.scheduling?.tolerations ?? [], 'scheduling.tolerations');
    return errors;
  },
  warnings: ({ scheduling }) =>
    nodeLabelWarnings(scheduling?.nodeSelector, 'scheduling.nodeSelector'),
  validateUpdate(next, old) {
    const errors: Errors = [];
    checkImmutable(errors, next.handler, old.handler, 'handler');
    return errors;
  },
};
