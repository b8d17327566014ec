import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

/** Where `hack/up` keeps everything, unless `--state` or QUORATE_STATE says otherwise. */
export const defaultState =
  process.env.QUORATE_STATE ?? join(import.meta.dirname, '../..', '.quorate');

const suffix = '.kubeconfig';
const management = `management${suffix}`;

/**
 * What the environment names; else the kubeconfig of the first local control plane; else of the
 * management API server. Undefined when there is neither: kubectl then says so itself.
 */
export function defaultKubeconfig(): string | undefined {
  const { KUBECONFIG } = process.env;
  if (KUBECONFIG !== undefined && KUBECONFIG !== '') return KUBECONFIG;
  if (!existsSync(defaultState)) return undefined;
  const files = readdirSync(defaultState).filter((name) => name.endsWith(suffix));
  const first = files.filter((name) => name !== management).sort()[0] ?? files[0];
  return first === undefined ? undefined : join(defaultState, first);
}
