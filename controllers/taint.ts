/** Taints and tolerations (core/v1 ToleratesTaint). */
export interface Taint {
  key: string;
  value?: string;
  effect: 'NoSchedule' | 'PreferNoSchedule' | 'NoExecute';
  timeAdded?: string;
}

export interface Toleration {
  key?: string;
  operator?: 'Equal' | 'Exists' | 'Lt' | 'Gt';
  value?: string;
  effect?: string;
  tolerationSeconds?: number;
}

export function tolerates(toleration: Toleration, taint: Taint): boolean {
  const { key = '', operator = 'Equal', value = '', effect = '' } = toleration;
  if (effect !== '' && effect !== taint.effect) return false;
  if (key !== '' && key !== taint.key) return false;
  switch (operator) {
    case 'Exists':
      return true;
    case 'Equal':
      return key !== '' && value === (taint.value ?? '');
    case 'Lt':
    case 'Gt': {
      // KEP-5471: the taint's number against the toleration's.
      const have = Number(taint.value ?? Number.NaN);
      const limit = Number(value === '' ? Number.NaN : value);
      return operator === 'Lt' ? have < limit : have > limit;
    }
    default:
      return false;
  }
}

export function isTolerated(tolerations: readonly Toleration[] | undefined, taint: Taint): boolean {
  return (tolerations ?? []).some((toleration) => tolerates(toleration, taint));
}
