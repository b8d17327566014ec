import { jsonText } from '../../object/json-text.ts';
import type { EventSink } from './backend.ts';
import type { AuditEvent } from './event.ts';
import { legacyLine } from './legacy-line.ts';
import { type LineFile, type RotationOptions, rotatedFile } from './rotated-file.ts';

/** One line per event, in a file that is rotated by size, or on standard output (`-`). */
export interface LogSinkOptions extends RotationOptions {
  /** `--audit-log-format`, default json. */
  format?: 'json' | 'legacy';
  /** The disk is full, the folder is gone: told once per failure, the events are lost. */
  onLost: (events: number, error: Error) => void;
}

/** Throws when the file cannot be opened. */
export function makeLogSink(options: LogSinkOptions): EventSink {
  const output = options.path === '-' ? standardOutput() : rotatedFile(options);
  const lineOf = options.format === 'legacy' ? legacyLine : (event: AuditEvent) => jsonText(event);
  return {
    write(events) {
      const lines = events.map((event) => `${lineOf(event)}\n`);
      const text = lines.length === 1 ? lines[0] : lines.join('');
      try {
        output.write(text as string);
        return true;
      } catch (error) {
        options.onLost(events.length, error as Error);
        return false;
      }
    },
    close: () => output.close(),
  };
}

function standardOutput(): LineFile {
  return { write: (line) => void process.stdout.write(line), close: async () => {} };
}
