import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ProtobufWriter } from '../../../schema/protobuf-writer.ts';
import { frame, Unframer } from './framing.ts';
import { code, GrpcError } from './status.ts';

function framed(content: Buffer): Buffer {
  const writer = new ProtobufWriter();
  writer.bytes(content);
  return frame(writer);
}

describe('gRPC framing', () => {
  it('puts a flag and the length in front', () => {
    assert.deepEqual(framed(Buffer.from('abc')), Buffer.from([0, 0, 0, 0, 3, 97, 98, 99]));
    const large = framed(Buffer.alloc(0x12345, 1));
    assert.deepEqual(large.subarray(0, 6), Buffer.from([0, 0, 1, 0x23, 0x45, 1]));
  });

  it('finds the messages however they are cut', () => {
    const messages = ['one', '', 'three', 'x'.repeat(300), ''].map((text) => Buffer.from(text));
    const bytes = Buffer.concat(messages.map(framed));
    for (let size = 1; size <= bytes.length; size++) {
      const found: Buffer[] = [];
      const unframer = new Unframer((message) => found.push(message));
      for (let at = 0; at < bytes.length; at += size) unframer.push(bytes.subarray(at, at + size));
      assert.deepEqual(found, messages, `in chunks of ${size}`);
    }
  });

  it('copies no message that lies whole in a chunk', () => {
    const bytes = framed(Buffer.from('abc'));
    let found: Buffer | undefined;
    new Unframer((message) => {
      found = message;
    }).push(bytes);
    assert.equal(found?.buffer, bytes.buffer);
  });

  it('refuses compressed messages, and larger ones than there can be', () => {
    const refused = (bytes: number[], wanted: number): void => {
      const unframer = new Unframer(() => assert.fail('it was read'));
      assert.throws(
        () => unframer.push(Buffer.from(bytes)),
        (error: unknown) => error instanceof GrpcError && error.code === wanted,
      );
    };
    refused([1, 0, 0, 0, 1, 0], code.internal);
    refused([0, 0x80, 0, 0, 0, 0], code.resourceExhausted);
  });
});
