import { readFileSync } from 'node:fs';
import type { Logger } from '../log/log.ts';
import type { Registry } from '../metrics/registry.ts';
import { parseYaml } from '../object/yaml.ts';
import { makeAudit } from './audit/audit.ts';
import type { AuditBackend } from './audit/backend.ts';
import { readPolicy } from './audit/policy.ts';
import { type LostEvents, logBackend, webhookBackend } from './audit-backends.ts';
import type { ServerConfig } from './config.ts';
import type { RequestContext, Stage } from './context.ts';
import type { FlowDumps } from './flowcontrol/dump.ts';
import { makeFlowControl } from './flowcontrol/enqueue.ts';
import { exposeLevels, flowMetrics } from './flowcontrol/flow-metrics.ts';
import { InFlight } from './flowcontrol/in-flight.ts';
import { makeMaxInFlight } from './flowcontrol/max-in-flight.ts';
import type { Listers } from './watch/view.ts';
import { remoteService } from './webhook/kubeconfig.ts';

/** A stage with something to end when the server stops. */
export interface ClosableStage {
  stage: Stage;
  close(): Promise<void>;
}

export interface FlowControlStage extends ClosableStage {
  dumps: FlowDumps;
}

/** The share of --request-timeout that a request may wait for its seat. */
const waitShare = 0.25;

export function flowControlStage(
  config: ServerConfig,
  listers: Listers,
  registry: Registry,
): FlowControlStage {
  const inFlight = new InFlight(registry);
  const { maxReadsInFlight: reading, maxWritesInFlight: writing } = config.limits;
  // without any limit there is nothing to share
  if (!config.limits.fair || reading + writing === 0) {
    const stage = makeMaxInFlight({ reading, writing, inFlight });
    return { stage, dumps: {}, close: async () => {} };
  }
  const group = 'flowcontrol.apiserver.k8s.io';
  const control = makeFlowControl({
    flowSchemas: listers.lister(group, 'flowschemas'),
    priorityLevels: listers.lister(group, 'prioritylevelconfigurations'),
    totalSeats: reading + writing,
    waitLimitMs: config.limits.requestTimeoutMs * waitShare,
    observer: flowMetrics(registry),
    inFlight,
  });
  exposeLevels(registry, control.levels);
  return { stage: control.stage, dumps: control.dumps, close: async () => control.stop() };
}

export interface AuditStage extends ClosableStage {
  /** A request whose credentials nobody knows never reaches the stage. */
  unauthorized(context: RequestContext): void;
  /** A fault of the program itself. */
  panicked(context: RequestContext, error: Error): void;
}

/** Without a policy and a place to write to nothing is audited, and the stage costs nothing. */
export function auditStage(config: ServerConfig, log: Logger, registry: Registry): AuditStage {
  const { policyFile, log: file, webhook } = config.audit;
  const counted = auditMetrics(registry);
  const closers: (() => void)[] = [];
  const backends: AuditBackend[] = [];
  if (policyFile !== '' && file !== undefined) backends.push(logBackend(file, log, counted.lost));
  if (policyFile !== '' && webhook !== undefined) {
    const remote = remoteService(webhook.configFile, { attempts: 1 });
    closers.push(() => remote.close());
    backends.push(webhookBackend(webhook, remote, log, counted.lost));
  }
  if (backends.length === 0) {
    return {
      stage: { name: 'audit', run() {} },
      unauthorized() {},
      panicked() {},
      close: async () => {},
    };
  }
  const policy = readPolicy(parseYaml(readFileSync(policyFile, 'utf8')), (unknown) =>
    log.warn({ file: policyFile, unknown }, 'audit policy has unknown fields, they are ignored'),
  );
  const waits = webhook !== undefined && webhook.mode !== 'batch';
  const audit = makeAudit({ policy, backends, waits, observe: counted });
  return {
    stage: audit.stage,
    unauthorized: (context) => audit.failedAuthentication(context),
    panicked: (context, error) => audit.panicked(context, error),
    async close() {
      await Promise.all(backends.map((backend) => backend.close()));
      for (const close of closers) close();
    },
  };
}

/** k8s.io/apiserver audit/metrics.go */
function auditMetrics(registry: Registry): {
  level(level: string): void;
  event(): void;
  rejected(): void;
  lost: LostEvents;
} {
  const events = registry.counter(
    'apiserver_audit_event_total',
    '[ALPHA] Counter of audit events generated and sent to the audit backend.',
  );
  const levels = registry.counter(
    'apiserver_audit_level_total',
    '[ALPHA] Counter of policy levels for audit events (1 per request).',
    ['level'],
  );
  const errors = registry.counter(
    'apiserver_audit_error_total',
    '[ALPHA] Counter of audit events that failed to be audited properly. Plugin identifies the plugin affected by the error.',
    ['plugin'],
  );
  const rejected = registry.counter(
    'apiserver_audit_requests_rejected_total',
    '[ALPHA] Counter of apiserver requests rejected due to an error in audit logging backend.',
  );
  return {
    level: (level) => levels.inc([level]),
    rejected: () => rejected.inc([]),
    event: () => events.inc([]),
    lost: (plugin, count) => errors.inc([plugin], count),
  };
}
