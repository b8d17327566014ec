import type { InformerSet } from './informer-set.ts';
import type { Logger } from '../log/log.ts';
import type { Loop } from './loop.ts';

/** One reconciler with its loops. Informer handlers are attached when it is created. */
export interface Controller {
  name: string;
  loops: Loop[];
  /** Periodic work that no object triggers; runs from start to stop. */
  run?(signal: AbortSignal): Promise<void>;
}

export interface Manager {
  /** Starts informers, waits for them, then starts the loops. */
  start(): Promise<void>;
  /** Loops first, then informers, so nothing reconciles against a picture that stands still. */
  stop(): Promise<void>;
}

export function createManager(
  informers: InformerSet,
  controllers: Controller[],
  log: Logger,
): Manager {
  const stopped = new AbortController();
  const running: Promise<void>[] = [];
  return {
    async start() {
      informers.start();
      const slow = setInterval(
        () => log.warn({ resources: informers.unsynced() }, 'still waiting for first lists'),
        10_000,
      );
      try {
        await Promise.race([
          informers.synced(),
          new Promise((resolve) => stopped.signal.addEventListener('abort', resolve)),
        ]);
      } finally {
        clearInterval(slow);
      }
      if (stopped.signal.aborted) return;
      for (const controller of controllers) {
        for (const loop of controller.loops) loop.start();
        if (controller.run !== undefined) {
          const run = controller.run(stopped.signal).catch((error: unknown) => {
            if (!stopped.signal.aborted) {
              log.error({ controller: controller.name, error }, 'controller ended');
            }
          });
          running.push(run);
        }
      }
      log.info({ controllers: controllers.map((c) => c.name) }, 'controllers started');
    },
    async stop() {
      stopped.abort();
      await Promise.all([...controllers.flatMap((c) => c.loops.map((l) => l.stop())), ...running]);
      await informers.stop();
    },
  };
}
