import assert from 'node:assert/strict';
import { it } from 'node:test';
import { tellsProgress } from './progress.ts';

it('trusts progress notifications from the versions that fixed them', () => {
  const trusted = ['3.4.31', '3.4.35', '3.5.13', '3.5.21', '3.6.0-rc.1', '3.6.4', '3.7.0', '4.0.0'];
  const not = ['3.4.23', '3.4.30', '3.5.0', '3.5.12', '3.3.27', '', 'unknown'];
  assert.deepEqual(trusted.filter(tellsProgress), trusted);
  assert.deepEqual(not.filter(tellsProgress), []);
});
