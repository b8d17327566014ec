import type { AdmissionDependencies } from './dependencies.ts';
import type { AdmissionPlugin } from './plugin.ts';
import { ordered } from './plugin-table.ts';

/** Which plugins run: the default ones and those asked for, without those left out. */

export interface PluginSelection {
  /** `--enable-admission-plugins` */
  enable: readonly string[];
  /** `--disable-admission-plugins` */
  disable: readonly string[];
}

/** Throws in upstream's words for unknown names and for one both enabled and disabled. */
export function checkSelection({ enable, disable }: PluginSelection): void {
  const known = new Set(ordered.map(({ name }) => name));
  for (const [flag, names] of [
    ['enable', enable],
    ['disable', disable],
  ] as const) {
    for (const name of names) {
      if (!known.has(name)) {
        throw new Error(`${flag}-admission-plugins plugin ${JSON.stringify(name)} is unknown`);
      }
    }
  }
  for (const name of enable) {
    if (disable.includes(name)) {
      throw new Error(
        `${name} in enable-admission-plugins and disable-admission-plugins overlapped`,
      );
    }
  }
}

/** The plugins that run, in order. */
export function makePlugins(
  dependencies: AdmissionDependencies,
  selection: PluginSelection = { enable: [], disable: [] },
): AdmissionPlugin[] {
  checkSelection(selection);
  return ordered
    .filter(
      ({ name, on }) =>
        (on || selection.enable.includes(name)) && !selection.disable.includes(name),
    )
    .flatMap(({ make }) => make(dependencies) ?? []);
}
