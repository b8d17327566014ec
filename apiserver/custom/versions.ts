import { typeError } from '../../object/managed-fields/to-set.ts';
import { apiVersionOf, type KubeObject } from '../../object/object.ts';
import { builtInSchema } from '../../schema/built-in.ts';
import type { Schema } from '../../schema/schema.ts';
import type { CustomBehaviour } from '../apis/resource.ts';
import { structuralSchema } from '../validation/definition.ts';
import { compileStructural, type Structural } from '../validation/structural.ts';
import { type Convert, makeConvert } from './convert.ts';
import type { Definition, DefinitionVersion } from './definition.ts';

/** Objects in another version by a webhook: what a definition with the strategy Webhook is given. */
export type CallWebhook = (definition: Definition) => Convert;

interface Compiled {
  schema: Schema;
  structural: Structural;
}

/** All versions of a definition, served or not: what lies in the store may be of any of them. */
export class DefinitionVersions {
  readonly #compiled = new Map<string, Compiled>();
  readonly #byApiVersion = new Map<string, DefinitionVersion>();
  readonly storedFields: (object: KubeObject) => Record<string, string>;
  /** Undefined where there is only one. */
  readonly convert: CustomBehaviour['convert'];
  readonly inVersion: CustomBehaviour['inVersion'];

  constructor(
    definition: Definition,
    storedFields: (object: KubeObject) => Record<string, string>,
    call: CallWebhook,
  ) {
    const { group, versions, conversion } = definition.spec;
    this.storedFields = storedFields;
    for (const version of versions) {
      this.#byApiVersion.set(apiVersionOf({ group, version: version.name }), version);
    }
    if (versions.length < 2) return;
    const options = {
      known: (apiVersion: string) => this.#byApiVersion.has(apiVersion),
      ...(conversion?.strategy === 'Webhook' ? { convert: call(definition) } : {}),
    };
    this.convert = makeConvert({
      ...options,
      prune: (object) => void this.#structuralOf(object.apiVersion)?.prune(object),
    });
    this.inVersion = this.#owned(makeConvert(options));
  }

  /** As owners see objects, with all that a conversion has left in them; it must fit the version. */
  #owned(convert: ReturnType<typeof makeConvert>): NonNullable<CustomBehaviour['inVersion']> {
    return async (objects, apiVersion) => {
      const version = this.#byApiVersion.get(apiVersion);
      if (version === undefined) throw new Error('no such version');
      const schema = ownershipSchema(this.of(version).schema);
      const converted = await convert(objects, apiVersion);
      for (const object of converted) {
        const wrong = typeError(object, schema, true);
        if (wrong !== undefined) throw new Error(wrong);
      }
      return { objects: converted, schema };
    };
  }

  of(version: DefinitionVersion): Compiled {
    let compiled = this.#compiled.get(version.name);
    if (compiled === undefined) {
      const { own, schema } = objectSchema(version);
      compiled = {
        schema,
        structural: compileStructural(schema, { values: own, scale: version.subresources?.scale }),
      };
      this.#compiled.set(version.name, compiled);
    }
    return compiled;
  }

  /** What was stored under another schema is pruned and filled in by that of now, in place. */
  refresh(object: KubeObject): boolean {
    const structural = this.#structuralOf(object.apiVersion);
    if (structural === undefined) return false;
    const pruned = structural.prune(object).length > 0;
    return structural.applyDefaults(object) || pruned;
  }

  #structuralOf(apiVersion: string): Structural | undefined {
    const version = this.#byApiVersion.get(apiVersion);
    return version === undefined ? undefined : this.of(version).structural;
  }
}

/** The version's own schema, and the same with what every object has besides: apiVersion, kind, metadata. */
function objectSchema(version: DefinitionVersion): { own: Schema; schema: Schema } {
  const sent = version.schema?.openAPIV3Schema;
  const own: Schema =
    sent === undefined ? { type: 'object', preserveUnknown: true } : structuralSchema(sent);
  return { own, schema: withObjectFields(own) };
}

function withObjectFields(own: Schema): Schema {
  const properties = {
    ...own.properties,
    apiVersion: { type: 'string' },
    kind: { type: 'string' },
    metadata: builtInSchema('io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta'),
  } as const;
  return { ...own, properties };
}

/** The schema by which fields are owned: an object inside another has metadata of the same type. */
export function ownershipSchema(schema: Schema): Schema {
  const { items, additional, properties } = schema;
  const below: Schema = {
    ...schema,
    ...(items === undefined ? {} : { items: ownershipSchema(items) }),
    ...(additional === undefined ? {} : { additional: ownershipSchema(additional) }),
    ...(properties === undefined
      ? {}
      : {
          properties: Object.fromEntries(
            Object.entries(properties).map(([name, field]) => [name, ownershipSchema(field)]),
          ),
        }),
  };
  return schema.embedded === true ? withObjectFields(below) : below;
}
