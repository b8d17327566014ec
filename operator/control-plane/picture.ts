import type { ControlPlane } from '../../crds/control-plane.ts';
import type { KubeObject } from '../../object/object.ts';
import type { Ledger } from '../etcd/ledger.ts';
import type { EtcdView } from '../etcd/probe.ts';
import type { ChildKind, Names } from './names.ts';

/** Everything the pure parts may know: one moment, frozen. */
export interface Picture {
  readonly controlPlane: ControlPlane;
  readonly names: Names;
  readonly now: Date;
  readonly children: Readonly<Record<ChildKind, ReadonlyMap<string, KubeObject>>>;
  readonly etcd: EtcdView;
  /** Undefined before the first members are decided on. */
  readonly ledger: Ledger | undefined;
}

/** Choices of the person who runs the operator. */
export interface Images {
  /** Runs API servers and controller managers: this repository with its Node.js. */
  quorate: string;
  /** The same, with etcd in its PATH. */
  etcd: string;
}

/** A Secret's data as text; undefined when the Secret or a key is missing. */
export function secretText(secret: KubeObject | undefined, key: string): string | undefined {
  const value = secret?.data?.[key];
  return typeof value === 'string' ? Buffer.from(value, 'base64').toString('utf8') : undefined;
}
