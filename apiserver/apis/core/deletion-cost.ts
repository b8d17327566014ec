export const deletionCost = 'controller.kubernetes.io/pod-deletion-cost';

/** True without the annotation; a number as Go's strconv would write it: no plus sign, no leading zeros. */
export function isDeletionCost(annotations: Readonly<Record<string, string>> = {}): boolean {
  const text = annotations[deletionCost];
  if (text === undefined) return true;
  if (!/^(0|-?[1-9][0-9]*|-0+[0-9]*)$/.test(text)) return false;
  const value = Number(text);
  return value >= -2147483648 && value <= 2147483647;
}
