/** What an autoscaler did and would have done, for as long as this process runs. */
export interface History {
  /** What metrics asked for, before anything held it back. */
  recommendations: Sample[];
  /** By how many it grew. */
  ups: Sample[];
  /** By how many it shrank. */
  downs: Sample[];
}

export interface Sample {
  replicas: number;
  atMs: number;
}

/** How many there are when it is first looked at counts as asked for. */
export function newHistory(current: number, nowMs: number): History {
  return { recommendations: [{ replicas: current, atMs: nowMs }], ups: [], downs: [] };
}

/** With one more, without those of before `since`. */
export function remember(samples: Sample[], sample: Sample, since: number): Sample[] {
  return [...samples.filter(({ atMs }) => atMs >= since), sample];
}
