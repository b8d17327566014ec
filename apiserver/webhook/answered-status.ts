/**
 * The status of a review that a webhook sent back: of the kind and version that were asked, which need
 * not be said. What says that it is something else is not believed, a Status is its failure
 * (client-go rest.Result.Into).
 */
export function answeredStatus<T extends object>(
  answer: unknown,
  asked: { kind: string; apiVersion: string },
): Partial<T> {
  const { kind, apiVersion, status, message } = (answer ?? {}) as {
    kind?: string;
    apiVersion?: string;
    status?: T | string | null;
    message?: string;
  };
  if (kind === 'Status' && status === 'Failure') throw new Error(message ?? '');
  const isAsked =
    (kind ?? asked.kind) === asked.kind && (apiVersion ?? asked.apiVersion) === asked.apiVersion;
  return isAsked && typeof status === 'object' && status !== null ? status : {};
}
