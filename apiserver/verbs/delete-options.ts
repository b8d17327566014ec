import { fieldInvalid, fieldNotSupported } from '../../object/field-error.ts';
import { badRequest, invalid, type StatusCause, StatusError } from '../../object/status-error.ts';
import { parseYaml } from '../../object/yaml.ts';
import { builtInSchema } from '../../schema/built-in.ts';
import { decodeJson, normalise } from '../../schema/decode.ts';
import { decodeProtobufObject } from '../../schema/protobuf.ts';
import type { RequestContext } from '../context.ts';
import { booleanOf, integerOf } from '../request/query.ts';
import { mediaTypeOf, readBody } from './body.ts';
import { dryRunOf } from './write-options.ts';

/** DeleteOptions (meta/v1), from the body and the query. */
export interface DeleteOptions {
  dryRun: boolean;
  gracePeriodSeconds: number | undefined;
  propagationPolicy: 'Orphan' | 'Background' | 'Foreground' | undefined;
  orphanDependents: boolean | undefined;
  preconditions: { uid?: string; resourceVersion?: string } | undefined;
}

const propagationPolicies = ['Foreground', 'Background', 'Orphan'];

const deleteOptionsDefinition = 'io.k8s.apimachinery.pkg.apis.meta.v1.DeleteOptions';

/** From the body when there is one, else from the query (endpoints/handlers/delete.go). */
export async function deleteOptions(context: RequestContext): Promise<DeleteOptions> {
  const body = await readBody(context);
  const sent = body.length === 0 ? fromQuery(context.query) : parseOptions(context, body);
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
    gracePeriodSeconds: typeof grace !== 'number' ? undefined : grace < 0 ? 1 : grace,
    propagationPolicy: policy as DeleteOptions['propagationPolicy'],
    orphanDependents: sent['orphanDependents'] as boolean | undefined,
    preconditions: sent['preconditions'] as DeleteOptions['preconditions'],
  };
}

function fromQuery(query: URLSearchParams): Record<string, unknown> {
  const grace = integerOf(query, 'gracePeriodSeconds');
  const policy = query.get('propagationPolicy');
  return {
    ...(grace === undefined ? {} : { gracePeriodSeconds: grace }),
    ...(policy === null ? {} : { propagationPolicy: policy }),
    ...(query.has('orphanDependents')
      ? { orphanDependents: booleanOf(query, 'orphanDependents') }
      : {}),
    ...(query.has('dryRun') ? { dryRun: query.getAll('dryRun') } : {}),
  };
}

function parseOptions(context: RequestContext, body: Buffer): Record<string, unknown> {
  const type = mediaTypeOf(context);
  let parsed: unknown;
  try {
    if (type === 'application/vnd.kubernetes.protobuf') parsed = decodeProtobufObject(body);
    else if (type === 'application/yaml') parsed = parseYaml(body.toString('utf8'));
    else parsed = decodeJson(body, { duplicates: false }).value;
  } catch (error) {
    if (error instanceof StatusError) throw error;
    throw badRequest((error as Error).message);
  }
  if (parsed === null || typeof parsed !== 'object' || Array.isArray(parsed)) {
    throw badRequest('decode delete options: the body must be an object');
  }
  const options = parsed as Record<string, unknown>;
  if (
    options['kind'] !== undefined &&
    options['kind'] !== '' &&
    options['kind'] !== 'DeleteOptions'
  ) {
    throw new StatusError(
      400,
      'BadRequest',
      `decoded object cannot be converted to DeleteOptions: ${options['kind'] as string}`,
    );
  }
  // unknown fields are nobody's concern here, wrong types are
  normalise(options, builtInSchema(deleteOptionsDefinition), {
    kind: 'DeleteOptions',
    version: 'v1',
  });
  return options;
}
