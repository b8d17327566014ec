import type { KubeObject } from '../../../object/object.ts';
import { ageColumn, nameColumn, textColumn } from '../column.ts';
import type { Plain } from '../plain.ts';
import type { Column } from '../resource.ts';
import { toStoredAutoscaler } from './autoscaler-versions.ts';

/** printers.go printHorizontalPodAutoscaler, of either version. */
export const autoscalerColumns: readonly Column[] = [
  nameColumn,
  textColumn('Reference', ({ spec }) => {
    const target = spec?.scaleTargetRef ?? {};
    return `${target.kind ?? ''}/${target.name ?? ''}`;
  }),
  textColumn('Targets', targetsText),
  textColumn('MinPods', ({ spec }) => String(spec?.minReplicas ?? '<unset>')),
  textColumn('MaxPods', ({ spec }) => spec?.maxReplicas ?? 0),
  textColumn('Replicas', ({ status }) => status?.currentReplicas ?? 0),
  ageColumn,
];

/** Metrics that are shown before `+ 1 more...`. */
const shownMax = 2;

function targetsText(autoscaler: KubeObject): string {
  const { spec, status } = toStoredAutoscaler(autoscaler);
  const metrics: Plain[] = spec?.metrics ?? [];
  if (metrics.length === 0) return '<none>';
  const current: Plain[] = status?.currentMetrics ?? [];
  const texts = metrics.map((metric, i) => metricText(metric, current[i]));
  const shown = texts.slice(0, shownMax).join(', ');
  return texts.length > shownMax ? `${shown} + ${texts.length - shownMax} more...` : shown;
}

function metricText(metric: Plain, current: Plain | undefined): string {
  switch (metric.type) {
    case 'External':
      return valueText(metric.external?.target, current?.external?.current);
    case 'Object':
      return valueText(metric.object?.target, current?.object?.current);
    case 'Pods': {
      const now = current?.pods?.current?.averageValue ?? '<unknown>';
      return `${now}/${metric.pods?.target?.averageValue ?? ''}`;
    }
    case 'Resource':
      return resourceText(metric.resource ?? {}, current?.resource);
    case 'ContainerResource':
      return resourceText(metric.containerResource ?? {}, current?.containerResource);
    default:
      return '<unknown type>';
  }
}

function valueText(target: Plain = {}, now: Plain = {}): string {
  if (target.averageValue !== undefined) {
    return `${now.averageValue ?? '<unknown>'}/${target.averageValue} (avg)`;
  }
  return `${now.value ?? '<unknown>'}/${target.value ?? '<unknown>'}`;
}

function resourceText({ name, target = {} }: Plain, current: Plain | undefined): string {
  const now = current?.current ?? {};
  if (target.averageValue !== undefined) {
    return `${name}: ${now.averageValue ?? '<unknown>'}/${target.averageValue}`;
  }
  const percent = (value: number | null | undefined, missing: string) =>
    value == null ? missing : `${value}%`;
  const wanted = percent(target.averageUtilization, '<auto>');
  return `${name}: ${percent(now.averageUtilization, '<unknown>')}/${wanted}`;
}
