/** What the use of a token leaves at the request, whether it is good or not. */
export interface TokenNotes {
  warnings?: readonly string[];
  /** For the audit event. */
  annotations: Readonly<Record<string, string>>;
}

/** A token that is refused, and yet something is to be told of it. */
export class NotedRefusal extends Error {
  readonly notes: TokenNotes;
  constructor(message: string, notes: TokenNotes) {
    super(message);
    this.notes = notes;
  }
}

export interface Noted {
  warnings: string[];
  auditAnnotations: Record<string, string>;
}

export function tell(request: Noted, notes: TokenNotes | undefined): void {
  if (notes === undefined) return;
  request.warnings.push(...(notes.warnings ?? []));
  Object.assign(request.auditAnnotations, notes.annotations);
}

/** What refusals have to tell, each authenticator's. */
export function tellOf(request: Noted, error: unknown): void {
  if (error instanceof AggregateError) for (const one of error.errors) tellOf(request, one);
  else if (error instanceof NotedRefusal) tell(request, error.notes);
}
