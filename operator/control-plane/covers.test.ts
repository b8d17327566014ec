import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { covers } from './covers.ts';

describe('covers', () => {
  it('sees our fields only', () => {
    assert.equal(covers({ a: 1, b: 2 }, { a: 1 }), true);
    assert.equal(covers({ a: 1 }, { a: 1, b: 2 }), false);
    assert.equal(covers([{ name: 'x', v: 1 }, { name: 'y' }], [{ name: 'x', v: 1 }]), true);
    assert.equal(covers([{ name: 'x', v: 2 }], [{ name: 'x', v: 1 }]), false);
    assert.equal(covers(['a', 'b'], ['a']), false);
  });

  it('knows what the API server rewrites or leaves out', () => {
    assert.equal(covers({ cpu: '1' }, { cpu: '1000m' }), true);
    assert.equal(covers({ memory: '1Gi' }, { memory: 1073741824 }), true);
    assert.equal(covers({ memory: '1Gi' }, { memory: '1G' }), false);
    assert.equal(covers({}, { ingress: [], flag: false, text: '' }), true);
  });

  it('sees a value where none is wanted', () => {
    assert.equal(covers({ on: true }, { on: false }), false);
    assert.equal(covers({ ingress: [{}] }, { ingress: [] }), false);
    assert.equal(covers({ emptyDir: { medium: 'Memory' } }, { emptyDir: {} }), true);
  });
});
