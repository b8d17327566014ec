import { createHash } from 'node:crypto';

/**
 * Deals each flow a hand of queues, so that two flows rarely share all of them and one that floods
 * its queues leaves the others room. Source: k8s.io/apiserver util/shufflesharding.
 */
export function dealHand(flow: string, queues: number, handSize: number): readonly number[] {
  const digest = createHash('sha256').update(flow).digest();
  let entropy = digest.readBigUInt64LE(0);
  const left = Array.from({ length: queues }, (_, queue) => queue);
  const hand: number[] = [];
  for (let i = 0; i < Math.min(handSize, queues); i++) {
    const remaining = BigInt(left.length);
    hand.push(...left.splice(Number(entropy % remaining), 1));
    entropy /= remaining;
  }
  return hand;
}
