import { containerColumns, labelsText, nameColumn, textColumn } from '../column.ts';
import type { Errors } from '../field-check.ts';
import { dropDisabledTemplateFields, heldTemplateWarnings } from './held-pod-template.ts';
import { defaultPodTemplate } from './pod-spec.ts';
import { allowancesOf } from './pod-allowances.ts';
import { checkPodTemplate } from './pod-template-validation.ts';
import type { KindDefinition } from '../resource.ts';

export const podTemplate: KindDefinition = {
  group: '',
  version: 'v1',
  kind: 'PodTemplate',
  resource: 'podtemplates',
  namespaced: true,
  storagePath: 'podtemplates',
  generation: true,
  columns: [
    nameColumn,
    ...containerColumns((template) => template.template?.spec).map((c) => ({ ...c, priority: 0 })),
    textColumn('Pod Labels', (template) => labelsText(template.template?.metadata?.labels)),
  ],
  default: (template) => defaultPodTemplate(template.template),
  prepareForCreate: (template) => dropDisabledTemplateFields(template, undefined, 'template'),
  prepareForUpdate: (next, old) => dropDisabledTemplateFields(next, old, 'template'),
  warnings: (template, old) => heldTemplateWarnings(template, old, 'template'),
  validate(template, old) {
    const errors: Errors = [];
    const allow = allowancesOf(old?.template);
    checkPodTemplate(errors, template.template, 'template', undefined, allow);
    return errors;
  },
};
