import { readFileSync } from 'node:fs';
import type { Logger } from '../log/log.ts';
import { parseYaml } from '../object/yaml.ts';
import { makeAudit } from './audit/audit.ts';
import { makeLogBackend } from './audit/log-backend.ts';
import { readPolicy } from './audit/policy.ts';
import type { ServerConfig } from './config.ts';
import type { Stage } from './context.ts';
import { makeFlowControl } from './flowcontrol/enqueue.ts';
import { makeMaxInFlight } from './flowcontrol/max-in-flight.ts';
import type { Listers } from './watch/view.ts';

/** A stage with something to end when the server stops. */
export interface ClosableStage {
  stage: Stage;
  close(): Promise<void>;
}

/** The share of --request-timeout that a request may wait for its seat. */
const waitShare = 0.25;

export function flowControlStage(config: ServerConfig, listers: Listers): ClosableStage {
  const { maxReadsInFlight: reading, maxWritesInFlight: writing } = config.limits;
  if (!config.limits.fair) {
    return { stage: makeMaxInFlight({ reading, writing }), close: async () => {} };
  }
  const group = 'flowcontrol.apiserver.k8s.io';
  const control = makeFlowControl({
    flowSchemas: listers.lister(group, 'flowschemas'),
    priorityLevels: listers.lister(group, 'prioritylevelconfigurations'),
    totalSeats: reading + writing,
    waitLimitMs: config.limits.requestTimeoutMs * waitShare,
  });
  return { stage: control.stage, close: async () => control.stop() };
}

/** Without a policy and a place to write to nothing is audited, and the stage costs nothing. */
export function auditStage(config: ServerConfig, log: Logger): ClosableStage {
  const { policyFile, logPath } = config.audit;
  if (policyFile === '' || logPath === '') {
    return { stage: { name: 'audit', run() {} }, close: async () => {} };
  }
  const backend = makeLogBackend({
    path: logPath,
    maxAgeDays: config.audit.maxAgeDays,
    maxBackups: config.audit.maxBackups,
    maxSizeMegabytes: config.audit.maxSizeMegabytes,
    onError: (error, lost) => log.error({ error, lost }, 'audit events could not be written'),
  });
  const policy = readPolicy(parseYaml(readFileSync(policyFile, 'utf8')));
  const audit = makeAudit({ policy, backends: [backend] });
  return { stage: audit.stage, close: () => backend.close() };
}
