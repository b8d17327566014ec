import type { Logger } from '../../log/log.ts';
import { dependencies, type Gate, gates, switched, withoutEffect } from './gates.ts';

/** `--feature-gates`, resolved. Source: component-base featuregate. */
export interface FeatureGates {
  /** Of a gate in the table; throws for any other name. */
  enabled(name: string): boolean;
  /** What was set although it will go: gates of general availability and deprecated ones. */
  readonly leaving: readonly { name: string; value: boolean; stage: '' | 'DEPRECATED' }[];
  list(): Iterable<{ name: string; gate: Gate; enabled: boolean }>;
}

/** Gates that set others. */
const groups: Readonly<Record<string, Gate['stage']>> = { AllAlpha: 'ALPHA', AllBeta: 'BETA' };

/**
 * `given` are `Name=bool` pairs, with an optional `kube:` in front. Throws an Error in upstream's
 * words for unknown names, bad values and locked gates, and by name for what is not supported here.
 */
export function parseFeatureGates(given: readonly string[]): FeatureGates {
  const plain = given.some((pair) => !/^[^:=]+:/.test(pair.trim()));
  if (plain && given.some((pair) => pair.trim().startsWith('kube:'))) {
    throw new Error(
      'set kube feature gates with default empty prefix or kube: prefix consistently, do not mix use',
    );
  }
  const values = new Map(given.map(parsePair));
  for (const name of values.keys()) {
    if (!gates.has(name)) throw new Error(`unrecognized feature gate: ${name}`);
  }
  checkLocked(values);
  const named = [...values];
  for (const [group, stage] of Object.entries(groups)) spread(values, group, stage);
  const enabled = (name: string): boolean => {
    const gate = gates.get(name);
    if (gate === undefined) throw new Error(`feature ${JSON.stringify(name)} is not registered`);
    return values.get(name) ?? gate.default;
  };
  checkDependencies(enabled);
  for (const [name, value] of values) checkSupported(name, value);
  return {
    enabled,
    leaving: named.flatMap(([name, value]) => {
      const { stage } = gates.get(name) as Gate;
      return stage === '' || stage === 'DEPRECATED' ? [{ name, value, stage }] : [];
    }),
    *list() {
      for (const [name, gate] of gates) yield { name, gate, enabled: enabled(name) };
    },
  };
}

function checkLocked(values: ReadonlyMap<string, boolean>): void {
  const problems = [...values].flatMap(([name, value]) => {
    const { locked, default: fixed } = gates.get(name) as Gate;
    return locked && value !== fixed
      ? [`cannot set feature gate ${name} to ${value}, feature is locked to ${fixed}`]
      : [];
  });
  throwAll(problems);
}

function checkDependencies(enabled: (name: string) => boolean): void {
  const problems = [...dependencies].flatMap(([name, needed]) => {
    const off = enabled(name) ? needed.filter((other) => !enabled(other)) : [];
    return off.length === 0
      ? []
      : [`${name} is enabled, but depends on features that are disabled: [${off.join(' ')}]`];
  });
  throwAll(problems);
}

/** All of them are told at once, as upstream's aggregates. */
function throwAll(problems: readonly string[]): void {
  if (problems.length > 1) throw new Error(`[${problems.join(', ')}]`);
  if (problems.length === 1) throw new Error(problems[0]);
}

function parsePair(pair: string): [string, boolean] {
  const [, component, rest = ''] = /^(?:([^:=]+):)?(.*)$/s.exec(pair.trim()) ?? [];
  if (component !== undefined && component !== 'kube') {
    throw new Error(`component not registered: ${component}`);
  }
  const cut = rest.indexOf('=');
  if (cut < 0) throw new Error(`missing bool value for ${rest}`);
  const name = rest.slice(0, cut).trim();
  const text = rest.slice(cut + 1).trim();
  if (/^(1|t|T|TRUE|true|True)$/.test(text)) return [name, true];
  if (/^(0|f|F|FALSE|false|False)$/.test(text)) return [name, false];
  throw new Error(
    `invalid value of ${name}=${text}, err: strconv.ParseBool: parsing ${JSON.stringify(text)}: invalid syntax`,
  );
}

/** AllAlpha and AllBeta hold for every gate of their stage that nobody sets by name. */
function spread(values: Map<string, boolean>, group: string, stage: Gate['stage']): void {
  const value = values.get(group);
  if (value === undefined) return;
  for (const [name, gate] of gates) {
    if (gate.stage !== stage || name in groups || values.has(name)) continue;
    // off is the default of alpha gates; beta gates may be on
    if (!gate.locked) values.set(name, value);
  }
}

function checkSupported(name: string, value: boolean): void {
  const gate = gates.get(name) as Gate;
  if (value === gate.default || name in groups) return;
  if (switched.has(name) || withoutEffect.has(name)) return;
  throw new Error(
    `feature gate ${name}=${value} is not supported by this server: it is always ${gate.default ? 'on' : 'off'}`,
  );
}

/** In upstream's words (component-base featuregate). */
export function warnOfLeaving(gates: FeatureGates, log: Pick<Logger, 'warn'>): void {
  for (const { name, value, stage } of gates.leaving) {
    const fields = { featureGate: name, value };
    if (stage === '') {
      log.warn(fields, 'setting GA feature gate, it will be removed in a future release');
    } else {
      log.warn(fields, 'setting deprecated feature gate, it will be removed in a future release');
    }
  }
}
