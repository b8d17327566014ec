/** What RFC 9113 numbers, and the errors that end a stream or a connection. */

/** What a client says first. */
export const preface = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 'latin1');

export const frameHeadBytes = 9;
/** What a frame may carry unless its receiver allows more. Neither side here asks for more. */
export const defaultFrameBytes = 16_384;
export const defaultWindow = 65_535;
export const maxWindow = 2 ** 31 - 1;

export const frameType = {
  data: 0,
  headers: 1,
  priority: 2,
  rstStream: 3,
  settings: 4,
  pushPromise: 5,
  ping: 6,
  goAway: 7,
  windowUpdate: 8,
  continuation: 9,
} as const;

export const flag = {
  endStream: 0x1,
  ack: 0x1,
  endHeaders: 0x4,
  padded: 0x8,
  priority: 0x20,
} as const;

export const setting = {
  headerTableSize: 1,
  enablePush: 2,
  maxConcurrentStreams: 3,
  initialWindowSize: 4,
  maxFrameSize: 5,
  maxHeaderListSize: 6,
  noPriorities: 9,
} as const;

export const errorCode = {
  none: 0,
  protocol: 1,
  internal: 2,
  flowControl: 3,
  settingsTimeout: 4,
  streamClosed: 5,
  frameSize: 6,
  refusedStream: 7,
  cancel: 8,
  compression: 9,
  connect: 10,
  enhanceYourCalm: 11,
  inadequateSecurity: 12,
  http11Required: 13,
} as const;

/** Names and values by turns, names in lower case. */
export type HeaderList = readonly string[];

/** What one side of a connection allows the other. */
export interface ConnectionOptions {
  /** Octets a peer may send ahead of who reads them: on one stream, and on all together. */
  streamWindow: number;
  connectionWindow: number;
  /** Of one list of headers, each counted with 32 octets more. */
  headerListBytes: number;
  /** Of one frame, when it may be larger than is usual. */
  frameBytes?: number;
  settings: readonly (readonly [id: number, value: number])[];
}

/** The peer broke the protocol; the connection ends with GOAWAY and this code. */
export class ConnectionError extends Error {
  readonly code: number;

  constructor(code: number, message: string) {
    super(message);
    this.code = code;
  }
}

export function protocolError(what: string): ConnectionError {
  return new ConnectionError(errorCode.protocol, what);
}

export function sizeError(what: string): ConnectionError {
  return new ConnectionError(errorCode.frameSize, `${what} has the wrong size`);
}

export function flowError(): ConnectionError {
  return new ConnectionError(errorCode.flowControl, 'more than the window lets through');
}
