import type { Logger } from '../log/log.ts';
import {
  type AuditBackend,
  blocking,
  type EventSink,
  strict,
  turnByTurn,
} from './audit/backend.ts';
import { buffered } from './audit/buffered.ts';
import { makeLogSink } from './audit/log-sink.ts';
import { truncated } from './audit/truncate.ts';
import { makeWebhookSink } from './audit/webhook-sink.ts';
import type { AuditBackendConfig, AuditLogConfig, AuditWebhookConfig } from './options/audit.ts';
import type { RemoteService } from './webhook/kubeconfig.ts';

/** So many events that a plugin could not keep. */
export type LostEvents = (plugin: string, count: number) => void;

/** Throws when the file cannot be opened. */
export function logBackend(file: AuditLogConfig, log: Logger, lost: LostEvents): AuditBackend {
  const sink = makeLogSink({
    ...file,
    onLost(count, error) {
      lost('log', count);
      log.error({ error, lost: count }, 'audit events could not be written');
    },
  });
  return inMode(sink, file, log, lost, turnByTurn);
}

export function webhookBackend(
  webhook: AuditWebhookConfig,
  remote: RemoteService,
  log: Logger,
  lost: LostEvents,
): AuditBackend {
  const sink = makeWebhookSink({
    post: (body) => remote.post(body),
    initialBackoffMs: webhook.initialBackoffMs,
    onLost(count, error) {
      lost('webhook', count);
      log.error({ error, lost: count }, 'audit events could not be sent');
    },
  });
  return inMode(sink, webhook, log, lost, blocking);
}

function inMode(
  sink: EventSink,
  { mode, batch, maxEventBytes }: AuditBackendConfig,
  log: Logger,
  lost: LostEvents,
  waiting: (sink: EventSink) => AuditBackend,
): AuditBackend {
  const backend =
    mode === 'batch'
      ? buffered(sink, batch, (count) => {
          lost('buffered', count);
          log.error({ lost: count }, 'the buffer of audit events is full');
        })
      : (mode === 'blocking-strict' ? strict : waiting)(sink);
  if (maxEventBytes === undefined) return backend;
  return truncated(backend, maxEventBytes, ({ auditID }) => {
    lost('truncate', 1);
    log.error({ auditID, lost: 1 }, 'an audit event was too long');
  });
}
