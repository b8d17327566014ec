import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { bundledSources, profileText, summarise } from './cpu-profile.ts';
import { runLoad, type LoadOptions } from './load.ts';
import { makePods } from './pods.ts';
import { freePort } from '../image/etcd.ts';
import { Profiler } from './profiler.ts';
import { startMeasuredServer } from './server-process.ts';

/** A load with a CPU profile of the server for each kind of work: `get.cpuprofile` and so on. */
export async function profileLoad(
  folder: string,
  objects: number,
  options: LoadOptions,
): Promise<string> {
  mkdirSync(folder, { recursive: true });
  const port = await freePort();
  const server = await startMeasuredServer({
    nodeArguments: [`--inspect=127.0.0.1:${port}`],
    profiled: true,
  });
  const sourceOf = bundledSources();
  const texts: string[] = [];
  try {
    const profiler = await Profiler.connect(port);
    await runLoad(server, (client) => makePods(client, 'load', objects), {
      ...options,
      async around(work, run) {
        const profile = await profiler.during(run);
        writeFileSync(join(folder, `${work}.cpuprofile`), JSON.stringify(profile));
        texts.push(profileText(work, summarise(profile, sourceOf)));
      },
    });
    profiler.close();
  } finally {
    await server.stop();
  }
  return texts.join('\n\n');
}
