import assert from 'node:assert/strict';
import { test } from 'node:test';
import { numberFrame, pingFrame, settingsFrame } from './frame-writer.ts';
import { errorCode, flag, frameType } from './protocol.ts';
import { begin, data, dial, frame, plain, request, serve, served } from './raw-peer.ts';

/** Peers that say what no client should. */
serve();

const ping = pingFrame(false, Buffer.from('12345678'));

/** What a peer sends after its SETTINGS, and the code that its connection ends with. */
const offences: [name: string, code: number, frames: () => Buffer[]][] = [
  ['DATA without a stream', errorCode.protocol, () => [data(0, Buffer.from('x'), false)]],
  [
    'DATA on a stream that was never open',
    errorCode.protocol,
    () => [data(1, Buffer.alloc(1), true)],
  ],
  ['a stream of the server', errorCode.protocol, () => [request(2, plain)]],
  [
    'a frame that is too long',
    errorCode.frameSize,
    () => [frame(frameType.data, 0, 1, Buffer.alloc(16_385))],
  ],
  [
    'a block cut by another frame',
    errorCode.protocol,
    () => [request(1, plain, flag.endStream), ping],
  ],
  [
    'CONTINUATION of nothing',
    errorCode.protocol,
    () => [frame(frameType.continuation, 4, 1, Buffer.alloc(0))],
  ],
  ['PUSH_PROMISE', errorCode.protocol, () => [frame(frameType.pushPromise, 4, 1, Buffer.alloc(4))]],
  ['a short PING', errorCode.frameSize, () => [frame(frameType.ping, 0, 0, Buffer.alloc(7))]],
  [
    'SETTINGS on a stream',
    errorCode.protocol,
    () => [frame(frameType.settings, 0, 1, Buffer.alloc(0))],
  ],
  ['half a setting', errorCode.frameSize, () => [frame(frameType.settings, 0, 0, Buffer.alloc(5))]],
  ['a frame size that is too small', errorCode.protocol, () => [settingsFrame([[5, 100]])]],
  ['a window without end', errorCode.flowControl, () => [settingsFrame([[4, 2 ** 31]])]],
  [
    'a connection window without end',
    errorCode.flowControl,
    () => [numberFrame(frameType.windowUpdate, 0, 2 ** 31 - 1)],
  ],
  [
    'more data than the window',
    errorCode.flowControl,
    () => [
      request(1, plain, 0),
      ...Array.from({ length: 7 }, () => data(1, Buffer.alloc(16_384), false)),
    ],
  ],
  [
    'padding without end',
    errorCode.protocol,
    () => [frame(frameType.headers, 0x0c, 1, Buffer.from([9, 1]))],
  ],
  [
    'headers that are no HPACK',
    errorCode.compression,
    () => [frame(frameType.headers, 5, 1, Buffer.from([0x80]))],
  ],
  [
    'CONTINUATION without end',
    errorCode.enhanceYourCalm,
    () => [
      frame(frameType.headers, flag.endStream, 1, Buffer.alloc(0)),
      ...Array.from({ length: 300 }, () => frame(frameType.continuation, 0, 1, Buffer.alloc(0))),
    ],
  ],
  [
    'a block of headers without end',
    errorCode.enhanceYourCalm,
    () => [
      frame(frameType.headers, flag.endStream, 1, Buffer.alloc(16_000)),
      frame(frameType.continuation, 0, 1, Buffer.alloc(16_000)),
    ],
  ],
  [
    'requests taken back at once, again and again',
    errorCode.enhanceYourCalm,
    () =>
      Array.from({ length: 1_200 }, (_, i) => [
        request(1 + 2 * i, plain),
        numberFrame(frameType.rstStream, 1 + 2 * i, errorCode.cancel),
      ]).flat(),
  ],
  ['nothing but PING', errorCode.enhanceYourCalm, () => Array.from({ length: 1_200 }, () => ping)],
  [
    'nothing but SETTINGS',
    errorCode.enhanceYourCalm,
    () => Array.from({ length: 1_200 }, () => settingsFrame([])),
  ],
  [
    'empty DATA',
    errorCode.enhanceYourCalm,
    () => [
      request(1, plain, 0),
      ...Array.from({ length: 1_200 }, () => data(1, Buffer.alloc(0), false)),
    ],
  ],
];

for (const [name, code, frames] of offences) {
  test(`ends a connection for ${name}`, async () => {
    served.onRequest = begin;
    const raw = await dial();
    if (name.includes('cut by')) {
      const [head, ...rest] = frames();
      // without END_HEADERS
      (head as Buffer)[4] = 1;
      raw.send(head as Buffer, ...rest);
    } else raw.send(...frames());
    const goAway = await raw.first(frameType.goAway);
    assert.equal(goAway.payload.readUInt32BE(4), code);
    await raw.closed;
  });
}
