import type { AdmissionPlugin, AdmissionRequest } from './plugin.ts';

/**
 * Runs the enabled plugins: all mutations in order, later all judgements in order. The order itself
 * is `plugins.ts`.
 */
export interface AdmissionChain {
  /** Names of the plugins that run, in order: for the log and for metrics. */
  readonly names: readonly string[];
  /** Changes `request.object` in place. Throws a StatusError to refuse. */
  mutate(request: AdmissionRequest): Promise<void>;
  /** On the object as it would be stored. Throws a StatusError to refuse. */
  validate(request: AdmissionRequest): Promise<void>;
}

export interface ChainOptions {
  plugins: readonly AdmissionPlugin[];
  /** Told how long each plugin took, in seconds, and whether it refused. */
  observe?(step: 'admit' | 'validate', plugin: string, seconds: number, rejected: boolean): void;
}

export function makeAdmissionChain(options: ChainOptions): AdmissionChain {
  const { plugins, observe } = options;
  const mutating = plugins.filter((plugin) => plugin.mutate !== undefined);
  const validating = plugins.filter((plugin) => plugin.validate !== undefined);

  async function runAll(
    list: readonly AdmissionPlugin[],
    step: 'mutate' | 'validate',
    request: AdmissionRequest,
  ): Promise<void> {
    for (const plugin of list) {
      const begun = observe === undefined ? 0 : performance.now();
      let rejected = true;
      try {
        const pending = plugin[step]?.(request);
        if (pending !== undefined) await pending;
        rejected = false;
      } finally {
        observe?.(
          step === 'mutate' ? 'admit' : 'validate',
          plugin.name,
          (performance.now() - begun) / 1000,
          rejected,
        );
      }
    }
  }

  return {
    names: plugins.map((plugin) => plugin.name),
    async mutate(request) {
      await runAll(mutating, 'mutate', request);
      // A webhook or a policy changed the object: earlier plugins get to see it once more.
      if (!mutating.some((plugin) => plugin.takeReinvocation?.(request) === true)) return;
      request.reinvocation = true;
      await runAll(mutating, 'mutate', request);
    },
    validate: (request) => runAll(validating, 'validate', request),
  };
}
