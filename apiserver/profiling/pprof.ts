import type { Profiler } from 'node:inspector';
import { ProtobufWriter } from '../../schema/protobuf-writer.ts';

/**
 * A CPU profile of V8 in pprof's format (google/pprof proto/profile.proto), not compressed yet, with
 * the two values of a sample that Go's profiles have. What was idle is left out: it took no CPU.
 */
export function pprofOf(profile: Profiler.Profile, takenAt: Date): Buffer {
  const strings = new Numbering<string>();
  strings.of('');
  const { samples, functions } = read(profile, strings);
  const microseconds = Math.max(0, profile.endTime - profile.startTime);
  const types = (['samples', 'count', 'cpu', 'nanoseconds'] as const).map((s) => strings.of(s));
  const [sampled = 0, count = 0, cpu = 0, nanoseconds = 0] = types;
  const writer = new ProtobufWriter();
  const type = (field: number, what: number, unit: number): void =>
    message(writer, field, () => {
      number(writer, 2, unit);
      number(writer, 1, what);
    });
  // a writer goes from the end to the front
  const ticks = profile.samples?.length ?? 0;
  number(writer, 12, ticks === 0 ? 0 : Math.round((microseconds * 1000) / ticks));
  type(11, cpu, nanoseconds);
  number(writer, 10, microseconds * 1000);
  number(writer, 9, takenAt.getTime() * 1e6);
  for (const text of strings.all().toReversed()) message(writer, 6, () => writer.text(text));
  for (const [i, one] of [...functions.entries()].toReversed()) writeFunction(writer, i + 1, one);
  for (const [i, { line }] of [...functions.entries()].toReversed()) {
    message(writer, 4, () => {
      message(writer, 4, () => {
        number(writer, 2, line);
        number(writer, 1, i + 1);
      });
      number(writer, 1, i + 1);
    });
  }
  for (const one of samples) {
    message(writer, 2, () => {
      packed(writer, 2, [one.count, one.microseconds * 1000]);
      packed(writer, 1, one.stack);
    });
  }
  type(1, cpu, nanoseconds);
  type(1, sampled, count);
  return writer.take();
}

interface Sample {
  count: number;
  microseconds: number;
  /** Locations, which are numbered as the functions are, the innermost first. */
  stack: number[];
}

interface FunctionFacts {
  name: number;
  file: number;
  line: number;
}

function read(
  profile: Profiler.Profile,
  strings: Numbering<string>,
): { samples: Sample[]; functions: FunctionFacts[] } {
  const nodes = new Map(profile.nodes.map((node) => [node.id, node]));
  const parents = new Map<number, number>();
  for (const { id, children = [] } of profile.nodes) {
    for (const child of children) parents.set(child, id);
  }
  const keys = new Numbering<string>();
  const functions: FunctionFacts[] = [];
  const locate = ({ callFrame }: Profiler.ProfileNode): number => {
    const { functionName, scriptId, url, lineNumber, columnNumber } = callFrame;
    const number = keys.of([functionName, scriptId, lineNumber, columnNumber].join(':'));
    functions[number] ??= {
      name: strings.of(functionName === '' ? '(anonymous)' : functionName),
      file: strings.of(url),
      line: Math.max(0, lineNumber + 1),
    };
    return number + 1;
  };
  const samples = new Map<number, Sample>();
  for (const [i, id] of (profile.samples ?? []).entries()) {
    const leaf = nodes.get(id);
    if (leaf === undefined || leaf.callFrame.functionName === '(idle)') continue;
    let sample = samples.get(id);
    if (sample === undefined) {
      sample = { count: 0, microseconds: 0, stack: [] };
      samples.set(id, sample);
      // the outermost is V8's (root)
      for (let at: number | undefined = id; at !== undefined; at = parents.get(at)) {
        const node = nodes.get(at);
        if (node !== undefined && parents.has(at)) sample.stack.push(locate(node));
      }
    }
    sample.count += 1;
    sample.microseconds += profile.timeDeltas?.[i] ?? 0;
  }
  return { samples: [...samples.values()], functions };
}

/** Numbers from 0, in the order in which values are first seen. */
class Numbering<T> {
  readonly #numbers = new Map<T, number>();

  of(value: T): number {
    const known = this.#numbers.get(value);
    if (known !== undefined) return known;
    this.#numbers.set(value, this.#numbers.size);
    return this.#numbers.size - 1;
  }

  all(): T[] {
    return [...this.#numbers.keys()];
  }
}

function writeFunction(
  writer: ProtobufWriter,
  id: number,
  { name, file, line }: FunctionFacts,
): void {
  message(writer, 5, () => {
    number(writer, 5, line);
    number(writer, 4, file);
    number(writer, 3, name);
    number(writer, 2, name);
    number(writer, 1, id);
  });
}

function number(writer: ProtobufWriter, field: number, value: number): void {
  writer.varint(value);
  writer.varint(field * 8);
}

function message(writer: ProtobufWriter, field: number, content: () => void): void {
  const before = writer.length;
  content();
  writer.close(before, field * 8 + 2);
}

function packed(writer: ProtobufWriter, field: number, values: readonly number[]): void {
  message(writer, field, () => {
    for (const value of values.toReversed()) writer.varint(value);
  });
}
