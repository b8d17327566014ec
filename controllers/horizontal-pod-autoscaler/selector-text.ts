import type { LabelSelectorObject } from '../../object/selector.ts';

/** A LabelSelector as Go's %+v prints a pointer to one; messages of external metrics show it. */
export function selectorText(selector: LabelSelectorObject | undefined): string {
  if (selector === undefined) return 'nil';
  const { matchLabels, matchExpressions } = selector;
  const labels = Object.entries(matchLabels ?? {})
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, value]) => `${key}: ${value},`);
  const expressions = (matchExpressions ?? []).map(({ key, operator, values }) => {
    const all = (values ?? []).join(' ');
    return `LabelSelectorRequirement{Key:${key},Operator:${operator},Values:[${all}],},`;
  });
  const parts = [
    `MatchLabels:map[string]string{${labels.join('')}}`,
    `MatchExpressions:[]LabelSelectorRequirement{${expressions.join('')}}`,
  ];
  return `&LabelSelector{${parts.join(',')},}`;
}
