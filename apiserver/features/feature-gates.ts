import { type Gate, gates, switched, withoutEffect } from './gates.ts';

/** `--feature-gates`, resolved. Source: component-base featuregate. */
export interface FeatureGates {
  /** Of a gate in the table; throws for any other name. */
  enabled(name: string): boolean;
  list(): Iterable<{ name: string; gate: Gate; enabled: boolean }>;
}

/** Gates that set others. */
const groups: Readonly<Record<string, Gate['stage']>> = { AllAlpha: 'ALPHA', AllBeta: 'BETA' };

/**
 * `given` are `Name=bool` pairs, with an optional `kube:` in front. Throws an Error in upstream's
 * words for unknown names, bad values and locked gates, and by name for what is not supported here.
 */
export function parseFeatureGates(given: readonly string[]): FeatureGates {
  const values = new Map<string, boolean>();
  for (const pair of given) {
    const [name, value] = parsePair(pair);
    const gate = gates.get(name);
    if (gate === undefined) throw new Error(`unrecognized feature gate: ${name}`);
    if (gate.locked && value !== gate.default) {
      throw new Error(
        `cannot set feature gate ${name} to ${value}, feature is locked to ${gate.default}`,
      );
    }
    values.set(name, value);
  }
  for (const [group, stage] of Object.entries(groups)) spread(values, group, stage);
  for (const [name, value] of values) checkSupported(name, value);
  const enabled = (name: string): boolean => {
    const gate = gates.get(name);
    if (gate === undefined) throw new Error(`feature ${JSON.stringify(name)} is not registered`);
    return values.get(name) ?? gate.default;
  };
  return {
    enabled,
    *list() {
      for (const [name, gate] of gates) yield { name, gate, enabled: enabled(name) };
    },
  };
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
