import type { AllowedValues } from './registry.ts';

const unexpected = 'unexpected';

/**
 * `--allow-metric-labels`: by `metric,label` the values that label may have, between commas; any other
 * value is `unexpected`. `counted` hears of each. Source: component-base metrics/options.go.
 */
export function allowedValues(
  lists: Readonly<Record<string, string>>,
  counted: () => void,
): AllowedValues {
  const byLabel = new Map(
    Object.entries(lists).map(([key, values]) => [key, new Set(values.split(','))]),
  );
  return {
    of(metric, labels) {
      const allowed = labels.map((label) => byLabel.get(`${metric},${label}`));
      if (allowed.every((values) => values === undefined)) return undefined;
      return (given) =>
        given.map((value, i) => {
          if (allowed[i]?.has(value) !== false) return value;
          counted();
          return unexpected;
        });
    },
  };
}
