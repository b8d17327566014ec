import { jsonText } from '../../object/json-text.ts';
import type { AuditBackend } from './backend.ts';
import type { AuditEvent } from './event.ts';

/**
 * `--audit-*-truncate-*`: an event longer than `maxBytes` goes without its bodies, marked; one that
 * is still too long is left out and counted (k8s.io/apiserver plugin/pkg/audit/truncate).
 */
export function truncated(
  backend: AuditBackend,
  maxBytes: number,
  onLost: (event: AuditEvent) => void,
): AuditBackend {
  return {
    write(event) {
      if (sizeOf(event) <= maxBytes) return backend.write(event);
      const lost = (): boolean => {
        onLost(event);
        // nobody is refused for it
        return true;
      };
      if (event.level === 'Metadata') return lost();
      const { requestObject: _, responseObject: __, ...rest } = event;
      const short = {
        ...rest,
        annotations: { ...rest.annotations, 'audit.k8s.io/truncated': 'true' },
      };
      return sizeOf(short) <= maxBytes ? backend.write(short) : lost();
    },
    close: () => backend.close(),
  };
}

function sizeOf(event: AuditEvent): number {
  // with the line's end
  return Buffer.byteLength(jsonText(event)) + 1;
}
