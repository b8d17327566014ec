import {
  defaultFrameBytes,
  flag,
  flowError,
  maxWindow,
  protocolError,
  setting,
  sizeError,
} from './protocol.ts';

/** Where in a frame's payload lies what counts: [start, end). */
type Part = readonly [start: number, end: number];

/** A DATA frame's, without its padding. */
export function dataOf(flags: number, bytes: Buffer, start: number, end: number): Part {
  if ((flags & flag.padded) === 0) return [start, end];
  if (end === start) throw sizeError('a padded frame');
  const to = end - (bytes[start] as number);
  if (to <= start) throw protocolError('more padding than frame');
  return [start + 1, to];
}

/** A HEADERS frame's, without padding and priority, which nobody heeds any more (RFC 9113, 5.3). */
export function blockOf(
  flags: number,
  id: number,
  bytes: Buffer,
  start: number,
  end: number,
): Part {
  const [from, to] = dataOf(flags, bytes, start, end);
  if ((flags & flag.priority) === 0) return [from, to];
  if (to - from < 5) throw sizeError('HEADERS');
  if ((bytes.readUInt32BE(from) & maxWindow) === id) {
    throw protocolError('a stream depends on itself');
  }
  return [from + 5, to];
}

/** Throws ConnectionError for a value that the setting cannot have. */
export function checkSetting(id: number, value: number): void {
  if (id === setting.enablePush && value > 1) throw protocolError('SETTINGS_ENABLE_PUSH');
  if (id === setting.initialWindowSize && value > maxWindow) throw flowError();
  if (id === setting.maxFrameSize && (value < defaultFrameBytes || value > 0xffffff)) {
    throw protocolError('SETTINGS_MAX_FRAME_SIZE');
  }
}
