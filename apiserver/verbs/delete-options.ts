import { isNumber } from '../../object/json.ts';
import { fieldInvalid, fieldNotSupported } from '../../object/field-error.ts';
import { parseApiVersion } from '../../object/object.ts';
import {
  badRequest,
  invalid,
  type StatusCause,
  StatusError,
  unsupportedMediaType,
} from '../../object/status-error.ts';
import { decodeYaml } from '../../object/yaml.ts';
import { builtInSchema } from '../../schema/built-in.ts';
import { canonical } from '../../schema/decode.ts';
import { decodeTyped } from '../../schema/decode-json.ts';
import { inFieldOrder } from '../../schema/field-order.ts';
import { decodeProtobufObject } from '../../schema/protobuf.ts';
import type { RequestContext } from '../context.ts';
import { booleanOf, integerOf } from '../request/query.ts';
import { objectMediaTypes } from '../response/negotiate.ts';
import { mediaTypeOf, readBody } from './body.ts';
import { interpretError } from './decode.ts';
import { dryRunOf } from './write-options.ts';

/** DeleteOptions (meta/v1), from the body or the query. */
export interface DeleteOptions {
  dryRun: boolean;
  gracePeriodSeconds: number | undefined;
  propagationPolicy: 'Orphan' | 'Background' | 'Foreground' | undefined;
  orphanDependents: boolean | undefined;
  preconditions: { uid?: string; resourceVersion?: string } | undefined;
  /** Admission has had its say already. */
  admitted?: boolean;
}

const propagationPolicies = ['Foreground', 'Background', 'Orphan'];

const definition = 'io.k8s.apimachinery.pkg.apis.meta.v1.DeleteOptions';

/** From the body when there is one, else from the query (endpoints/handlers/delete.go). */
export async function deleteOptions(context: RequestContext): Promise<DeleteOptions> {
  const body = await readBody(context);
  const sent = body.length === 0 ? fromQuery(context.query) : fromBody(context, body);
  const causes: StatusCause[] = [];
  const policy = sent['propagationPolicy'] as string | undefined;
  if (policy !== undefined && sent['orphanDependents'] !== undefined) {
    causes.push(
      fieldInvalid(
        'propagationPolicy',
        policy,
        'orphanDependents and deletionPropagation cannot be both set',
      ),
    );
  }
  if (policy !== undefined && !propagationPolicies.includes(policy)) {
    // upstream lists its word for a field that is not set
    causes.push(fieldNotSupported('propagationPolicy', policy, [...propagationPolicies, 'nil']));
  }
  const dryRun = dryRunOf((sent['dryRun'] as string[] | undefined) ?? [], causes);
  if (causes.length > 0) throw invalid({ group: 'meta.k8s.io', kind: 'DeleteOptions' }, '', causes);
  const grace = sent['gracePeriodSeconds'];
  return {
    dryRun,
    // a negative grace is one second
    gracePeriodSeconds: !isNumber(grace) ? undefined : grace < 0 ? 1 : Number(grace),
    propagationPolicy: policy as DeleteOptions['propagationPolicy'],
    orphanDependents: sent['orphanDependents'] as boolean | undefined,
    preconditions: sent['preconditions'] as DeleteOptions['preconditions'],
  };
}

/** As admission is told of them; `grace` is what the kind makes of the grace period that was asked for. */
export function admittedOptions(options: DeleteOptions, grace: number | undefined): object {
  const { dryRun, gracePeriodSeconds = grace, preconditions } = options;
  const { orphanDependents, propagationPolicy } = options;
  return {
    kind: 'DeleteOptions',
    apiVersion: 'meta.k8s.io/v1',
    ...(gracePeriodSeconds === undefined ? {} : { gracePeriodSeconds }),
    ...(preconditions === undefined ? {} : { preconditions }),
    ...(orphanDependents === undefined ? {} : { orphanDependents }),
    ...(propagationPolicy === undefined ? {} : { propagationPolicy }),
    ...(dryRun ? { dryRun: ['All'] } : {}),
  };
}

function fromQuery(query: URLSearchParams): Record<string, unknown> {
  const grace = integerOf(query, 'gracePeriodSeconds');
  const policy = query.get('propagationPolicy');
  const uid = query.get('uid') || undefined;
  const resourceVersion = query.get('resourceVersion') || undefined;
  const pinned = uid !== undefined || resourceVersion !== undefined;
  return {
    ...(grace === undefined ? {} : { gracePeriodSeconds: grace }),
    ...(policy === null ? {} : { propagationPolicy: policy }),
    ...(query.has('orphanDependents')
      ? { orphanDependents: booleanOf(query, 'orphanDependents') }
      : {}),
    ...(query.has('dryRun') ? { dryRun: query.getAll('dryRun') } : {}),
    ...(pinned ? { preconditions: { uid, resourceVersion } } : {}),
  };
}

function fromBody(context: RequestContext, body: Buffer): Record<string, unknown> {
  const options = optionsObject(parseBody(mediaTypeOf(context), body));
  const { kind = '', apiVersion = '' } = options as { kind?: string; apiVersion?: string };
  const gv = parseApiVersion(apiVersion);
  if (gv === undefined) throw badRequest(`unexpected GroupVersion string: ${apiVersion}`);
  // of whatever group and version: every group's DeleteOptions are the same
  if (kind !== '' && kind !== 'DeleteOptions') {
    const version = apiVersion === '' ? 'meta.k8s.io/v1' : apiVersion;
    throw badRequest(
      `no kind ${JSON.stringify(kind)} is registered for version ${JSON.stringify(version)} in scheme ${JSON.stringify(scheme)}`,
    );
  }
  // unknown fields are nobody's concern here, wrong types are
  const { wrong } = canonical(options, builtInSchema(definition));
  if (wrong !== undefined) throw badRequest(wrong);
  // upstream shows them in the version that it decodes them to
  const shown = { ...options, kind: 'DeleteOptions', apiVersion: 'meta.k8s.io/__internal' };
  context.requestObject = inFieldOrder(shown, builtInSchema(definition));
  return options;
}

/** Where upstream's scheme of options is made, which names itself in a refusal. */
const scheme = 'pkg/apis/meta/internalversion/scheme/register.go:27';

/** What an envelope is that says nothing of it. */
const sentAs = { group: 'meta.k8s.io', version: 'v1', kind: 'DeleteOptions' };

function parseBody(type: string, body: Buffer): unknown {
  try {
    switch (type) {
      case '':
      case 'application/json':
        return decodeTyped(body, builtInSchema(definition), badRequest).value;
      case 'application/yaml':
        return decodeYaml(body.toString('utf8')).value;
      case 'application/vnd.kubernetes.protobuf':
        return decodeProtobufObject(body, sentAs);
    }
  } catch (error) {
    throw error instanceof StatusError ? error : badRequest((error as Error).message);
  }
  throw unsupportedMediaType(objectMediaTypes);
}

function optionsObject(value: unknown): Record<string, unknown> {
  const options = (value ?? {}) as Record<string, unknown>;
  const why = interpretError(options);
  if (why === undefined) return options;
  throw badRequest(`couldn't get version/kind; json parse error: ${why}`);
}
