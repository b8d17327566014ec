import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createCauses, updateCauses } from '../validation-fixture.ts';
import { resourceSlice } from './resource-slice.ts';

const label =
  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";

function slice(rest: object): object {
  return {
    spec: { driver: 'd.e', pool: { name: 'p', resourceSliceCount: 1 }, nodeName: 'n', ...rest },
  };
}

function refuses(rest: object, causes: string[]): void {
  assert.deepEqual(createCauses(resourceSlice, slice(rest)), causes, JSON.stringify(rest));
}

test('counters: what devices share', () => {
  const set = (name: string, ...counters: string[]) => ({
    name,
    counters: Object.fromEntries(counters.map((counter) => [counter, { value: '1' }])),
  });
  refuses({ sharedCounters: [set('a', 'memory')] }, []);
  refuses({ sharedCounters: [set('', 'm'), set('A', 'M_'), set('a'), set('a', 'm')] }, [
    'spec.sharedCounters[0].name: Required value',
    `spec.sharedCounters[1].name: Invalid value: "A": ${label}`,
    `spec.sharedCounters[1].counters: Invalid value: "M_": ${label}`,
    'spec.sharedCounters[2].counters: Required value',
    'spec.sharedCounters[3]: Duplicate value: "a"',
  ]);
  refuses({ sharedCounters: Array.from({ length: 9 }, (_, i) => set(`a${i}`, 'm')) }, [
    'spec.sharedCounters: Too many: 9: must have at most 8 items',
  ]);
  const many = Array.from({ length: 33 }, (_, i) => `m${i}`);
  refuses({ sharedCounters: [set('a', ...many)] }, [
    'spec.sharedCounters[0].counters: Too many: 33: must have at most 32 items',
  ]);
  refuses({ sharedCounters: [set('a', 'm')], devices: [{ name: 'x' }] }, [
    'spec: Invalid value: "": only one of `sharedCounters` or `devices` is allowed',
  ]);
});

test('counters: what a device takes of them', () => {
  const at = 'spec.devices[0].consumesCounters';
  const device = (...consumesCounters: object[]) => ({
    devices: [{ name: 'a', consumesCounters }],
  });
  const takes = (counterSet: string) => ({ counterSet, counters: { memory: { value: '1' } } });
  refuses(device(takes('s')), []);
  refuses(device(takes(''), { counterSet: 's' }), [
    `${at}[0].counterSet: Required value`,
    `${at}[1].counters: Required value`,
  ]);
  refuses(device(takes('s'), takes('s')), [`${at}[1]: Duplicate value: "s"`]);
  refuses(device(takes('a'), takes('b'), takes('c')), [
    `${at}: Too many: 3: must have at most 2 items`,
  ]);
  const devices = Array.from({ length: 65 }, (_, i) => ({ name: `d${i}` }));
  refuses({ devices }, []);
  refuses({ devices: [...devices, { name: 'a', consumesCounters: [takes('s')] }] }, [
    'spec.devices: Too many: 66: must have at most 64 items',
  ]);
});

test('capacity that is given out in parts', () => {
  const at = 'spec.devices[0].capacity[memory].requestPolicy';
  const device = (requestPolicy: object) => ({
    devices: [
      {
        name: 'a',
        allowMultipleAllocations: true,
        capacity: { memory: { value: '10Gi', requestPolicy } },
      },
    ],
  });
  refuses(device({ default: '1Gi', validValues: ['1Gi', '2Gi'] }), []);
  refuses(device({ default: '1Gi', validRange: { min: '1Gi', max: '3Gi', step: '1Gi' } }), []);
  refuses(device({ validValues: ['1'], validRange: { min: '1' } }), [
    `${at}: Forbidden: exactly one policy can be specified, cannot specify "validValues" and "validRange" at the same time`,
  ]);
  refuses(device({ validValues: ['1'] }), [
    `${at}.default: Required value: required when validValues is defined`,
  ]);
  refuses(device({ validRange: { min: '1' } }), [
    `${at}.default: Required value: required when validRange is defined`,
  ]);
  refuses(device({ default: '5Gi', validValues: ['2Gi', '1Gi', '11Gi', '1Gi'] }), [
    `${at}.validValues[1]: Invalid value: "1Gi": values must be sorted in ascending order`,
    `${at}.validValues[3]: Invalid value: "1Gi": values must be sorted in ascending order`,
    `${at}.validValues[2]: Invalid value: "11Gi": option is larger than capacity value: 10Gi`,
    `${at}.validValues[3]: Duplicate value: "1073741824"`,
    `${at}.validValues: Invalid value: "5Gi": default value is not valid according to the requestPolicy`,
  ]);
  refuses(device({ default: '1Gi', validRange: {} }), [
    `${at}.validRange.min: Required value: required when validRange is defined`,
  ]);
  refuses(device({ default: '1Gi', validRange: { min: '12Gi', max: '11Gi', step: '0' } }), [
    `${at}.validRange.min: Invalid value: "12Gi": min is larger than capacity value: 10Gi`,
    `${at}.validRange.min: Invalid value: "1Gi": default is less than min: 12Gi`,
    `${at}.validRange.max: Invalid value: "12Gi": min is larger than max: 11Gi`,
    `${at}.validRange.max: Invalid value: "11Gi": max is larger than capacity value: 10Gi`,
    `${at}.validRange.step: Invalid value: "0": must be greater than zero`,
  ]);
  refuses(device({ default: '4Gi', validRange: { min: '1Gi', max: '3Gi', step: '20Gi' } }), [
    `${at}.validRange.max: Invalid value: "4Gi": default is more than max: 3Gi`,
    `${at}.validRange.step: Invalid value: "20Gi": one step 21Gi is larger than capacity value: 10Gi`,
    `${at}.validRange.step: Invalid value: "4Gi": value is not a multiple of a given step (20Gi) from (1Gi)`,
    `${at}.validRange.step: Invalid value: "3Gi": value is not a multiple of a given step (20Gi) from (1Gi)`,
  ]);
});

test('conditions of binding come in pairs that do not meet', () => {
  const at = 'spec.devices[0]';
  const device = (bindingConditions?: string[], bindingFailureConditions?: string[]) => ({
    devices: [{ name: 'a', bindingConditions, bindingFailureConditions }],
  });
  refuses(device(['a'], ['b']), []);
  refuses(device(['a', 'a'], ['a', 'b', 'b']), [
    `${at}.bindingConditions[1]: Duplicate value: "a"`,
    `${at}.bindingFailureConditions[0]: Invalid value: "a": bindingFailureConditions must not overlap with bindingConditions`,
    `${at}.bindingFailureConditions[2]: Duplicate value: "b"`,
  ]);
  refuses(device(['a']), [
    `${at}.bindingFailureConditions: Invalid value: null: bindingFailureConditions are required to use bindingConditions`,
  ]);
  refuses(device(undefined, ['a']), [
    `${at}.bindingConditions: Invalid value: null: bindingConditions are required to use bindingFailureConditions`,
  ]);
  refuses(device(['a', 'b', 'c', 'd', 'e'], ['f']), [
    `${at}.bindingConditions: Too many: 5: must have at most 4 items`,
  ]);
});

test('names that are too long to show are shown shortened', () => {
  const name = `${'a'.repeat(60)}/${'b'.repeat(60)}`;
  const [, second = ''] = createCauses(
    resourceSlice,
    slice({ devices: [{ name: 'a', attributes: { [name]: {} } }] }),
  );
  assert.equal(
    second,
    `spec.devices[0].attributes[${'a'.repeat(47)}...${'b'.repeat(46)}]: Invalid value: "": exactly one value must be specified`,
  );
});

test('taints that are not changed are not judged again; pool, driver and node stay', () => {
  const tainted = (rest: object = {}) =>
    slice({ devices: [{ name: 'a', taints: [{ key: 'k', effect: 'Go' }] }], ...rest });
  assert.deepEqual(updateCauses(resourceSlice, tainted(), tainted()), []);
  assert.deepEqual(
    updateCauses(resourceSlice, tainted({ driver: 'f', nodeName: 'm' }), tainted()),
    [
      'spec.driver: Invalid value: "f": field is immutable',
      'spec.nodeName: Invalid value: "m": field is immutable',
    ],
  );
});
