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

/** In upstream's words: unknown names, and those both enabled and disabled. */
export function selectionProblems({ enable, disable }: PluginSelection): string[] {
  const known = new Set(ordered.map(({ name }) => name));
  const unknown = (flag: string, names: readonly string[]): string[] =>
    names
      .filter((name) => !known.has(name))
      .map((name) => `${flag}-admission-plugins plugin ${JSON.stringify(name)} is unknown`);
  const both = [...new Set(enable)].filter((name) => disable.includes(name)).toSorted();
  return [
    ...unknown('enable', enable),
    ...unknown('disable', disable),
    ...(both.length === 0
      ? []
      : [
          `[${both.join(' ')}] in enable-admission-plugins and disable-admission-plugins overlapped`,
        ]),
  ];
}

/** The plugins that run, in order. */
export function makePlugins(
  dependencies: AdmissionDependencies,
  selection: PluginSelection = { enable: [], disable: [] },
): AdmissionPlugin[] {
  return ordered
    .filter(
      ({ name, on }) =>
        (on || selection.enable.includes(name)) && !selection.disable.includes(name),
    )
    .flatMap(({ make }) => make(dependencies) ?? []);
}
