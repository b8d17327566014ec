import assert from 'node:assert/strict';
import type { Profiler } from 'node:inspector';
import { test } from 'node:test';
import protobuf from 'protobufjs';
import { pprofOf } from './pprof.ts';

const { root } = protobuf.parse(`
  syntax = "proto3";
  message ValueType { int64 type = 1; int64 unit = 2; }
  message Sample { repeated uint64 location_id = 1; repeated int64 value = 2; }
  message Line { uint64 function_id = 1; int64 line = 2; }
  message Location { uint64 id = 1; uint64 mapping_id = 2; uint64 address = 3; repeated Line line = 4; }
  message Function { uint64 id = 1; int64 name = 2; int64 system_name = 3; int64 filename = 4; int64 start_line = 5; }
  message Profile {
    repeated ValueType sample_type = 1; repeated Sample sample = 2; repeated Location location = 4;
    repeated Function function = 5; repeated string string_table = 6; int64 time_nanos = 9;
    int64 duration_nanos = 10; ValueType period_type = 11; int64 period = 12;
  }`);

test('a profile of V8 is one of pprof: stacks with their samples and time, nothing that was idle', () => {
  const node = (id: number, functionName: string, children: number[]): Profiler.ProfileNode => {
    const place = { scriptId: '1', url: 'file:///a.js', lineNumber: id, columnNumber: 0 };
    return { id, callFrame: { functionName, ...place }, hitCount: 0, children };
  };
  const profile: Profiler.Profile = {
    nodes: [
      node(1, '(root)', [2, 5]),
      node(2, 'outer', [3, 4]),
      node(3, '', []),
      { ...node(2, 'outer', []), id: 4 },
      node(5, '(idle)', []),
    ],
    startTime: 1000,
    endTime: 5000,
    samples: [3, 3, 5, 4],
    timeDeltas: [1000, 1500, 3000, 500],
  };
  const at = new Date('2026-01-01T00:00:00Z');
  const type = root.lookupType('Profile');
  const read = type.toObject(type.decode(pprofOf(profile, at)), { longs: Number, arrays: true });
  const { stringTable: text } = read as { stringTable: string[] };
  const line = (id: number): string => {
    const { functionId, line: number } = read['location'][id - 1].line[0];
    const { name, filename } = read['function'][functionId - 1];
    return `${text[name]} ${text[filename]}:${number}`;
  };
  const units = (types: { type: number; unit: number }[]): string[] =>
    types.map((one) => `${text[one.type]}/${text[one.unit]}`);
  assert.equal(text[0], '');
  assert.deepEqual(units(read['sampleType']), ['samples/count', 'cpu/nanoseconds']);
  assert.deepEqual(units([read['periodType']]), ['cpu/nanoseconds']);
  assert.deepEqual(
    [read['timeNanos'], read['durationNanos'], read['period']],
    [at.getTime() * 1e6, 4_000_000, 1_000_000],
  );
  const outer = 'outer file:///a.js:3';
  const samples = read['sample'].map((one: { locationId: number[]; value: number[] }) => [
    one.locationId.map(line),
    one.value,
  ]);
  assert.deepEqual(samples.toSorted(), [
    [
      ['(anonymous) file:///a.js:4', outer],
      [2, 2_500_000],
    ],
    [
      [outer, outer],
      [1, 500_000],
    ],
  ]);
});
