import type { KubeObject } from '../../object/object.ts';
import type { Resource } from '../apis/resource.ts';
import type { UserInfo } from '../context.ts';

/** What is about to happen (k8s.io/apiserver admission.Attributes). */
export interface AdmissionRequest {
  operation: 'CREATE' | 'UPDATE' | 'DELETE' | 'CONNECT';
  resource: Resource;
  subresource: string;
  namespace: string;
  /** Empty while generateName has not been resolved. */
  name: string;
  user: UserInfo;
  /** The new object; undefined on DELETE. Mutating plugins change it in place. */
  object: KubeObject | undefined;
  /** What is stored; undefined on CREATE and CONNECT. */
  oldObject: KubeObject | undefined;
  /** CreateOptions, UpdateOptions or DeleteOptions as sent; none on CONNECT, whose object they are. */
  options: object | undefined;
  dryRun: boolean;
  /** When the client's time is over, in ms since 1970; never unless given. */
  expiresAt?: number;
  /** A webhook or a policy has made another object of it, which may have what no schema knows. */
  changed?: boolean;
  /** The second round of mutations. */
  reinvocation?: boolean;
  warn(text: string): void;
  /** Time that went by at others: no part of this server's service level. */
  waited?(ms: number): void;
  /** For the audit event; `Request`: only where its level is that or more. The first value stays. */
  annotate(key: string, value: string, level?: 'Request'): void;
}

/**
 * One admission plugin under its upstream name (`NamespaceLifecycle`). `mutate` runs first for all
 * plugins in the order of `chain.ts`, `validate` runs after the object is complete. To refuse, throw
 * a StatusError (usually `forbidden`).
 */
export interface AdmissionPlugin {
  name: string;
  mutate?(request: AdmissionRequest): Promise<void> | void;
  validate?(request: AdmissionRequest): Promise<void> | void;
  /** True once per request, after its first round, when all mutations must run a second time. */
  takeReinvocation?(request: AdmissionRequest): boolean;
}
