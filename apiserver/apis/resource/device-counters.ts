import { fieldRequired } from '../../../object/field-error.ts';
import { dns1123LabelErrors } from '../../../object/name.ts';
import { checkFormat, checkName, type Errors } from '../field-check.ts';
import type { Plain } from '../plain.ts';
import { checkMap, checkSet } from './bounded-list.ts';

/** What devices share, and what each takes of it (pkg/apis/resource validation validateCounterSet). */

const setsMax = 8;
const consumptionsMax = 2;
const countersMax = 32;
const counterBytesMax = 63;

export function checkSharedCounters(errors: Errors, sets: Plain[]): void {
  checkSet(errors, sets, 'spec.sharedCounters', {
    max: setsMax,
    key: (set) => set.name ?? '',
    check(set, at) {
      checkName(errors, set.name, `${at}.name`, dns1123LabelErrors);
      checkCounters(errors, set.counters ?? {}, `${at}.counters`);
    },
  });
}

export function checkConsumption(errors: Errors, consumed: Plain[], path: string): void {
  checkSet(errors, consumed, path, {
    max: consumptionsMax,
    key: ({ counterSet = '' }) => counterSet,
    check(one, at) {
      checkName(errors, one.counterSet, `${at}.counterSet`, dns1123LabelErrors);
      checkCounters(errors, one.counters ?? {}, `${at}.counters`);
    },
  });
}

function checkCounters(errors: Errors, counters: Record<string, Plain>, path: string): void {
  if (Object.keys(counters).length === 0) {
    errors.push(fieldRequired(path));
    return;
  }
  checkMap(errors, counters, path, {
    max: countersMax,
    longestShown: counterBytesMax,
    key: (name, at) => checkFormat(errors, name, at, dns1123LabelErrors),
    // any amount is right
    check: () => undefined,
  });
}
