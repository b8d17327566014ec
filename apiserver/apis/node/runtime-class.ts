import { nodeLabelWarnings } from '../core/pod-placement-warnings.ts';
import { fieldDuplicate } from '../../../object/field-error.ts';
import { dns1123LabelErrors } from '../../../object/name.ts';
import { ageColumn, nameColumn, textColumn } from '../column.ts';
import { checkContainerResources } from '../core/resources-validation.ts';
import { checkTolerations } from '../core/scheduling-validation.ts';
import { checkFormat, checkImmutable, type Errors } from '../field-check.ts';
import { internalForm } from '../internal-form.ts';
import type { Plain } from '../plain.ts';
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
  createOnUpdate: true,
  unconditionalUpdate: false,
  columns: [nameColumn, textColumn('Handler', (runtime) => runtime.handler ?? ''), ageColumn],
  updateChecks: ['new metadata', 'rules', 'changed metadata', 'changes'],
  validate(runtime) {
    const errors: Errors = [];
    checkFormat(errors, runtime.handler ?? '', 'handler', dns1123LabelErrors);
    // upstream checks it as limits, and says so
    const limits = runtime.overhead?.podFixed;
    checkContainerResources(errors, { limits }, 'overhead', new Set());
    checkLabels(errors, runtime.scheduling?.nodeSelector, 'scheduling.nodeSelector');
    const tolerations: Plain[] = runtime.scheduling?.tolerations ?? [];
    checkTolerations(errors, tolerations, 'scheduling.tolerations');
    checkTwice(errors, tolerations);
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

/** A toleration is there once, whatever its seconds. */
function checkTwice(errors: Errors, tolerations: Plain[]): void {
  const seen = new Set<string>();
  for (const [i, toleration] of tolerations.entries()) {
    const { key = '', operator = '', value = '', effect = '' } = toleration;
    const one = JSON.stringify([key, operator, value, effect]);
    if (seen.has(one)) {
      const shown = internalForm('Toleration', toleration);
      errors.push(fieldDuplicate(`scheduling.tolerations[${i}]`, shown));
    }
    seen.add(one);
  }
}
