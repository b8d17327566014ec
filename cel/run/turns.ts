import { entriesOf, isMap, typeName } from './values.ts';

/** What a loop has come to when a turn could not be computed: another may settle it all the same. */
export class Failure {
  readonly reason: unknown;
  constructor(reason: unknown) {
    this.reason = reason;
  }
}

/** As upstream's own language names them. */
const goTypes: Readonly<Record<string, string>> = {
  bool: 'types.Bool',
  bytes: 'types.Bytes',
  double: 'types.Double',
  'google.protobuf.Duration': 'types.Duration',
  'google.protobuf.Timestamp': 'types.Timestamp',
  int: 'types.Int',
  null_type: 'types.Null',
  string: 'types.String',
  uint: 'types.Uint',
};

/** What a loop gives names to, turn by turn. */
export function turnsOf(over: unknown, two: boolean): Iterable<readonly [unknown, unknown]> {
  if (Array.isArray(over)) {
    return two
      ? over.map((item, i) => [BigInt(i), item] as const)
      : over.map((item) => [item, item] as const);
  }
  if (isMap(over)) return entriesOf(over);
  throw new Error(`got '${goTypes[typeName(over)] ?? typeName(over)}', expected iterable type`);
}
