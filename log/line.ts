/** One line: what stands first in every line, the fields, the message. Logging never throws. */
export function lineOf(first: object, fields: object, message: string): string {
  let line = '';
  for (const part of [first, fields]) {
    for (const [name, value] of Object.entries(part)) {
      const text = valueText(value);
      if (text !== undefined) line += `${JSON.stringify(name)}:${text},`;
    }
  }
  return `{${line}"msg":${JSON.stringify(message)}}\n`;
}

/** Undefined for what JSON leaves out. */
function valueText(value: unknown): string | undefined {
  try {
    return JSON.stringify(value instanceof Error ? errorFields(value) : value, plain);
  } catch (error) {
    // circular, or a getter that throws
    return JSON.stringify(`not to be written as JSON: ${String(error)}`);
  }
}

function plain(_name: string, value: unknown): unknown {
  if (value instanceof Error) return errorFields(value);
  return typeof value === 'bigint' ? String(value) : value;
}

/** More causes than this say nothing new, and may go round in a circle. */
const mostCauses = 10;

/** Type, message and stack with those of its causes, the errors it collects, what else it carries. */
function errorFields(error: Error): object {
  const chain = [error];
  for (
    let { cause } = error;
    cause instanceof Error && chain.length < mostCauses;
    { cause } = cause
  )
    chain.push(cause);
  const { name: _, cause: __, errors, ...more }: Partial<AggregateError> = error;
  return {
    type: error.constructor?.name ?? error.name,
    ...(Array.isArray(errors) ? { aggregateErrors: errors } : {}),
    ...more,
    message: chain.map(({ message }) => message).join(': '),
    stack: chain.map(({ stack }) => stack).join('\ncaused by: '),
  };
}
