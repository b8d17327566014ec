import type { KubeObject } from '../../../object/object.ts';

/**
 * CustomResourceDefinitions lie in etcd as apiextensions.k8s.io/v1beta1, because upstream keeps them
 * so (cmd/kube-apiserver/app/apiextensions.go: the more compact form). The v1beta1 written here sets
 * everything per version and nothing for all versions at once; both spellings are read.
 */

// oxlint-disable-next-line no-explicit-any -- plain JSON of two versions of one type
type Json = Record<string, any>;

/** Per-version fields that v1beta1 may also set once for all versions, with their names there. */
const hoisted = [
  ['schema', 'validation'],
  ['subresources', 'subresources'],
  ['additionalPrinterColumns', 'additionalPrinterColumns'],
  ['selectableFields', 'selectableFields'],
] as const;

export function definitionToStored(object: KubeObject): KubeObject {
  const { conversion, preserveUnknownFields, ...rest }: Json = object.spec;
  const versions: Json[] = rest.versions ?? [];
  const spec: Json = {
    ...rest,
    // The first version, which v1beta1 requires to be named apart.
    version: versions[0]?.name,
    versions: versions.map((v: Json) => renameColumns(v, 'jsonPath', 'JSONPath')),
    // Absent means true in v1beta1 and false in v1.
    preserveUnknownFields: preserveUnknownFields ?? false,
  };
  if (conversion !== undefined) spec.conversion = conversionToStored(conversion);
  return { ...object, apiVersion: 'apiextensions.k8s.io/v1beta1', spec };
}

export function definitionFromStored(object: KubeObject): KubeObject {
  if (object.apiVersion !== 'apiextensions.k8s.io/v1beta1') return object;
  const { version, conversion, versions, preserveUnknownFields, ...rest }: Json = object.spec;
  const spec: Json = { ...rest };
  const list: Json[] = versions ?? [{ name: version, served: true, storage: true }];
  spec.versions = list.map((v) => {
    const own = { ...v };
    for (const [field, shared] of hoisted) {
      if (rest[shared] !== undefined && own[field] === undefined) own[field] = rest[shared];
    }
    return renameColumns(own, 'JSONPath', 'jsonPath');
  });
  for (const [, shared] of hoisted) delete spec[shared];
  if (preserveUnknownFields !== false) spec.preserveUnknownFields = true;
  if (conversion !== undefined) spec.conversion = conversionFromStored(conversion);
  return { ...object, apiVersion: 'apiextensions.k8s.io/v1', spec };
}

function conversionToStored({ strategy, webhook }: Json): Json {
  if (webhook === undefined) return { strategy };
  return {
    strategy,
    ...(webhook.clientConfig === undefined ? {} : { webhookClientConfig: webhook.clientConfig }),
    conversionReviewVersions: webhook.conversionReviewVersions,
  };
}

function conversionFromStored(stored: Json): Json {
  const { strategy, webhookClientConfig, conversionReviewVersions } = stored;
  if (webhookClientConfig === undefined && conversionReviewVersions === undefined)
    return { strategy };
  return {
    strategy,
    webhook: {
      ...(webhookClientConfig === undefined ? {} : { clientConfig: webhookClientConfig }),
      conversionReviewVersions: conversionReviewVersions ?? ['v1beta1'],
    },
  };
}

function renameColumns(version: Json, from: string, to: string): Json {
  if (version.additionalPrinterColumns === undefined) return version;
  const additionalPrinterColumns = version.additionalPrinterColumns.map((column: Json) => {
    if (column[from] === undefined) return column;
    const { [from]: path, ...others } = column;
    return { ...others, [to]: path };
  });
  return { ...version, additionalPrinterColumns };
}
