/**
 * Durations as kubectl shows them: at most two units, coarser the longer it lasts
 * (k8s.io/apimachinery util/duration HumanDuration).
 */

/** `seconds` may have a fraction, which is cut off. Clock skew of up to 2 s counts as 0. */
export function humanDuration(exactSeconds: number): string {
  const seconds = Math.trunc(exactSeconds);
  if (Number.isNaN(seconds) || seconds < -1) return '<invalid>';
  if (seconds < 0) return '0s';
  if (seconds < 60 * 2) return `${seconds}s`;
  const minutes = Math.trunc(seconds / 60);
  if (minutes < 10) return joined(minutes, 'm', seconds % 60, 's');
  if (minutes < 60 * 3) return `${minutes}m`;
  const hours = Math.trunc(minutes / 60);
  if (hours < 8) return joined(hours, 'h', minutes % 60, 'm');
  if (hours < 48) return `${hours}h`;
  const days = Math.trunc(hours / 24);
  if (hours < 24 * 8) return joined(days, 'd', hours % 24, 'h');
  if (hours < 24 * 365 * 2) return `${days}d`;
  const years = Math.trunc(days / 365);
  if (hours < 24 * 365 * 8) return joined(years, 'y', days % 365, 'd');
  return `${years}y`;
}

function joined(large: number, largeUnit: string, small: number, smallUnit: string): string {
  return small === 0 ? `${large}${largeUnit}` : `${large}${largeUnit}${small}${smallUnit}`;
}

/** Time since an RFC 3339 timestamp; `<unknown>` where there is none. */
export function age(timestamp: string | null | undefined, now: number = Date.now()): string {
  if (timestamp === null || timestamp === undefined || timestamp === '') return '<unknown>';
  return humanDuration((now - Date.parse(timestamp)) / 1000);
}
