import { isProps, type JsonSchemaProps } from './definition.ts';

/** A node of a definition's schema, and all below it, in upstream's order (validation SchemaHas). */
export function schemaHas(
  props: unknown,
  found: (props: JsonSchemaProps) => boolean,
): props is JsonSchemaProps {
  if (!isProps(props)) return false;
  return found(props) || below(props).some((each) => schemaHas(each, found));
}

function below(props: JsonSchemaProps): unknown[] {
  const { items, dependencies } = props;
  return [
    ...(Array.isArray(items) ? items : [items]),
    ...listOf(props.allOf),
    ...listOf(props.anyOf),
    ...listOf(props.oneOf),
    props.not,
    ...valuesOf(props.properties),
    props.additionalProperties,
    ...valuesOf(props.patternProperties),
    props.additionalItems,
    ...valuesOf(props.definitions),
    ...valuesOf(dependencies),
  ];
}

export function listOf(value: unknown): JsonSchemaProps[] {
  return Array.isArray(value) ? value.filter(isProps) : [];
}

function valuesOf(value: unknown): unknown[] {
  return isProps(value) ? Object.values(value) : [];
}
