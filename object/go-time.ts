/** RFC 3339, as Go's time.Parse takes it: a comma may stand for the point, a date alone is none. */
const pattern = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:[.,]\d+)?(?:Z|[+-]\d\d:\d\d)$/;

/** In ms since 1970; undefined where it is no time. */
export function parseTime(text: string): number | undefined {
  const at = pattern.test(text) ? Date.parse(text.replace(',', '.')) : Number.NaN;
  return Number.isNaN(at) ? undefined : at;
}
