import type { KubeObject } from '../../../object/object.ts';
import { labelSelectorFromObject } from '../../../object/selector.ts';
import type { Compiled } from '../../../cel/admission.ts';
import type { Lister } from '../../watch/view.ts';
import type { ClientConfig } from '../../webhook/call.ts';
import { compileConditions } from '../policy/match-conditions.ts';
import type { MatchCriteria } from './match.ts';

/** The webhooks that are registered, made ready to match and call. */

export interface Webhook extends MatchCriteria {
  /** Configuration, webhook and its number among those of the same name: unique. */
  id: string;
  configuration: string;
  name: string;
  client: ClientConfig;
  failurePolicy: 'Fail' | 'Ignore';
  sideEffects: string;
  timeoutSeconds: number;
  reviewVersions: readonly string[];
  reinvocationPolicy: 'Never' | 'IfNeeded';
  conditions: readonly Compiled[];
}

/** In order: configurations by name, webhooks as written. Read anew when a configuration changes. */
export function registeredWebhooks(configurations: Lister): () => readonly Webhook[] {
  let webhooks: readonly Webhook[] | undefined;
  configurations.onChange(() => {
    webhooks = undefined;
  });
  return () => {
    webhooks ??= configurations
      .list('')
      .toSorted((a, b) => ((a.metadata.name ?? '') < (b.metadata.name ?? '') ? -1 : 1))
      .flatMap(readWebhooks);
    return webhooks;
  };
}

function readWebhooks(configuration: KubeObject): Webhook[] {
  const title = configuration.metadata.name ?? '';
  const seen = new Map<string, number>();
  return ((configuration.webhooks ?? []) as KubeObject[]).map((hook) => {
    const name = String(hook.name);
    const number = seen.get(name) ?? 0;
    seen.set(name, number + 1);
    return {
      id: `${title}/${name}/${number}`,
      configuration: title,
      name,
      client: hook.clientConfig ?? {},
      rules: hook.rules ?? [],
      failurePolicy: hook.failurePolicy ?? 'Fail',
      matchPolicy: hook.matchPolicy ?? 'Equivalent',
      namespaceSelector: labelSelectorFromObject(hook.namespaceSelector ?? {}),
      objectSelector: labelSelectorFromObject(hook.objectSelector ?? {}),
      sideEffects: hook.sideEffects ?? 'Unknown',
      timeoutSeconds: hook.timeoutSeconds ?? 10,
      reviewVersions: hook.admissionReviewVersions ?? ['v1'],
      reinvocationPolicy: hook.reinvocationPolicy ?? 'Never',
      conditions: compileConditions(hook.matchConditions ?? [], {
        params: false,
        authorizer: true,
      }),
    };
  });
}
