import { parseAccept } from './accept.ts';
import { contentType as protobufType } from '../../metrics/protobuf-format.ts';
import { contentType as textType } from '../../metrics/text-format.ts';
import { exposeProcess } from '../../metrics/process.ts';
import { Registry } from '../../metrics/registry.ts';
import { exposeRuntime } from '../../metrics/runtime.ts';
import { RequestMetrics } from './requests.ts';

/**
 * Names, labels, buckets, help texts and stability of kube-apiserver's metrics, which dashboards and
 * alerts are made of (k8s.io/apiserver endpoints/metrics and others, each named where it is made).
 */
export interface Metrics {
  readonly registry: Registry;
  readonly requests: RequestMetrics;
  /** What GET /metrics answers to who accepts this. */
  expose(accept: string | undefined): Promise<{ contentType: string; body: string | Buffer }>;
  /** What DELETE does; undefined without `--profiling`. */
  reset: (() => void) | undefined;
}

export function makeMetrics(config: {
  /** Names of metrics that are not shown (`--disabled-metrics`). */
  disabledMetrics: readonly string[];
  profiling: boolean;
}): Metrics {
  const registry = new Registry(config.disabledMetrics);
  exposeProcess(registry);
  exposeRuntime(registry);
  const requests = new RequestMetrics(registry);
  return {
    registry,
    requests,
    reset: config.profiling ? () => registry.reset() : undefined,
    async expose(accept) {
      const { protobuf, escaping } = parseAccept(accept);
      const body = protobuf ? await registry.bytes() : await registry.text();
      return { contentType: `${protobuf ? protobufType : textType}; escaping=${escaping}`, body };
    },
  };
}
