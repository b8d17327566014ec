import { setTimeout as sleep } from 'node:timers/promises';
import { runInside } from './container.ts';
import { look, type NamedPorts } from './probe.ts';

// oxlint-disable-next-line no-explicit-any -- the API server has checked the shapes
type Fields = Record<string, any>;

/** Runs a postStart or preStop hook; true is success. Never rejects. */
export async function runHook(
  hook: Fields,
  at: { podIP: string; pid: number; ports: NamedPorts; timeoutMs: number },
): Promise<boolean> {
  if (hook['exec'] !== undefined) {
    return (await runInside(at.pid, hook['exec'].command ?? [], at.timeoutMs)) === 0;
  }
  if (hook['sleep'] !== undefined) {
    await sleep(Math.min(hook['sleep'].seconds * 1000, at.timeoutMs));
    return true;
  }
  // a hook's request is a probe's, with all the time that the hook has
  return look({ ...hook, timeoutSeconds: at.timeoutMs / 1000 }, at);
}

/** Throws, naming it, on what the local mode cannot do: nothing is left out in silence. */
export function checkHooks(container: Fields): void {
  const unsupported = (what: string): never => {
    throw new Error(`${what} is not supported by the local mode`);
  };
  for (const name of ['startupProbe', 'readinessProbe', 'livenessProbe']) {
    if (container[name]?.grpc !== undefined) unsupported(`${name}.grpc`);
  }
  if (container['tty'] === true) unsupported('tty');
  if (container['restartPolicy'] === 'Always')
    unsupported('an init container that goes on running');
  if ((container['volumeDevices'] ?? []).length > 0) unsupported('volumeDevices');
}
