import type { CelType } from '../../cel/check/cel-type.ts';
import { type GroupVersionKind, type KubeObject, parseApiVersion } from '../../object/object.ts';
import type { Cluster } from '../../reconciler/cluster.ts';
import type { Controller } from '../../reconciler/manager.ts';
import { done, type Result } from '../../reconciler/result.ts';
import { schemaFor } from '../../schema/built-in.ts';
import type { Schema } from '../../schema/schema.ts';
import { type ControllerContext, createLoop, enqueue } from '../context.ts';
import { discover } from '../discovery.ts';
import { validatingAdmissionPolicies } from '../resources.ts';
import { type OpenApiDocument, typeFromOpenApi } from './open-api-type.ts';
import { typesToCheck } from './types-to-check.ts';

/**
 * Checks the expressions of ValidatingAdmissionPolicies against the types of the objects they will
 * see, and writes what is wrong into their status (validatingadmissionpolicystatus controller.go).
 */
const fieldManager = 'validatingadmissionpolicy-status';

export function admissionPolicyStatusController(context: ControllerContext): Controller {
  const { cluster, informers } = context;
  const informer = informers.of(validatingAdmissionPolicies);

  async function reconcile(name: string): Promise<Result> {
    const policy = informer.store.get(name);
    const generation = policy?.metadata.generation ?? 0;
    if (policy === undefined || generation <= (policy['status']?.observedGeneration ?? 0)) {
      return done;
    }
    const expressionWarnings = await warningsOf(cluster, policy);
    const { apiVersion, kind } = policy;
    const status = {
      observedGeneration: generation,
      typeChecking: expressionWarnings.length === 0 ? {} : { expressionWarnings },
    };
    await cluster.apply(
      validatingAdmissionPolicies,
      { apiVersion, kind, metadata: { name }, status },
      { fieldManager, force: true, subresource: 'status' },
    );
    return done;
  }

  const loop = createLoop(context, 'validatingadmissionpolicy-status', reconcile);
  enqueue(informer, loop, ({ metadata }) => [metadata.name ?? '']);
  return { name: 'validatingadmissionpolicy-status', loops: [loop] };
}

interface Warning {
  fieldRef: string;
  warning: string;
}

interface Checked {
  kind: GroupVersionKind;
  type: CelType;
}

async function warningsOf(cluster: Cluster, policy: KubeObject): Promise<Warning[]> {
  const { everyVersion } = await discover(cluster);
  const kinds: Checked[] = [];
  for (const kind of typesToCheck(policy, everyVersion)) {
    const type = await typeOf(cluster, kind);
    if (type !== undefined) kinds.push({ kind, type });
  }
  if (kinds.length === 0) return [];
  const { typeProblem } = await import('../../cel/admission.ts');
  const { dyn } = await import('../../cel/check/cel-type.ts');
  const params: CelType | undefined =
    policy['spec'].paramKind === undefined
      ? undefined
      : ((await paramsType(cluster, policy)) ?? dyn);
  const { validations = [], variables = [] } = policy['spec'];
  const warnings: Warning[] = [];
  for (const [i, validation] of (validations as Record<string, string>[]).entries()) {
    for (const field of ['expression', 'messageExpression']) {
      const expression = validation[field];
      if (!expression) continue;
      const problems = kinds.flatMap(({ kind, type }) => {
        const problem = typeProblem(expression, variables, { object: type, params });
        return problem === undefined ? [] : [`${nameOf(kind)}: ${problem}\n`];
      });
      if (problems.length === 0) continue;
      warnings.push({
        fieldRef: `spec.validations[${i}].${field}`,
        warning: problems.join('\n'),
      });
    }
  }
  return warnings;
}

/** As apimachinery's GroupVersionKind prints itself. */
function nameOf({ group, version, kind }: GroupVersionKind): string {
  return `${group}/${version}, Kind=${kind}`;
}

/** Undefined: there are none, or nobody knows what they are. */
async function paramsType(cluster: Cluster, policy: KubeObject): Promise<CelType | undefined> {
  const { apiVersion = '', kind = '' } = policy['spec'].paramKind ?? {};
  const gv = parseApiVersion(apiVersion);
  return kind === '' || gv === undefined ? undefined : typeOf(cluster, { ...gv, kind });
}

/** Built-in types are known here; others the server describes. */
async function typeOf(cluster: Cluster, kind: GroupVersionKind): Promise<CelType | undefined> {
  const schema = schemaFor(kind) ?? (await served(cluster, kind));
  const { celTypeOf, uniqueName } = await import('../../cel/check/schema-type.ts');
  return schema && celTypeOf(schema, uniqueName(kind.kind));
}

async function served(cluster: Cluster, kind: GroupVersionKind): Promise<Schema | undefined> {
  const { paths } = JSON.parse(await cluster.raw('/openapi/v3')) as {
    paths: Record<string, { serverRelativeURL: string } | undefined>;
  };
  const at = paths[`apis/${kind.group}/${kind.version}`];
  if (at === undefined) return undefined;
  const document = JSON.parse(await cluster.raw(at.serverRelativeURL)) as OpenApiDocument;
  return typeFromOpenApi(document, kind);
}
