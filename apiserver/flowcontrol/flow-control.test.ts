import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import fc from 'fast-check';
import { StatusError } from '../../object/status-error.ts';
import { flowSchemas, priorityLevelConfigurations } from '../bootstrap/flow-control-policy.ts';
import type { RequestContext, RequestInfo, UserInfo } from '../context.ts';
import { MemoryLister } from '../watch/memory-lister.ts';
import { classify, readFlowSchema, sortFlowSchemas } from './classify.ts';
import { allocate, nominalLimits } from './concurrency.ts';
import { makeFlowControl } from './enqueue.ts';
import { FairQueues, newTicket, type Ticket } from './fair-queues.ts';
import { makeMaxInFlight } from './max-in-flight.ts';
import { dealHand } from './shuffle-shard.ts';

const info = (verb: string, resource: string, namespace = ''): RequestInfo => ({
  isResourceRequest: resource !== '',
  path: '/healthz',
  verb,
  apiPrefix: 'api',
  group: '',
  version: 'v1',
  namespace,
  resource,
  subresource: '',
  name: '',
  parts: [],
  fieldSelector: '',
  labelSelector: '',
});

test('requests are classified as the bootstrap policy means them', () => {
  const schemas = sortFlowSchemas(flowSchemas().map(readFlowSchema));
  const schemaOf = (name: string, groups: string[], what: RequestInfo) =>
    classify(schemas, { name, groups }, what)?.name;
  const all = 'system:authenticated';
  assert.equal(schemaOf('root', ['system:masters', all], info('list', 'pods')), 'exempt');
  assert.equal(schemaOf('x', ['system:unauthenticated'], info('get', '')), 'probes');
  assert.equal(
    schemaOf('system:kube-scheduler', [all], {
      ...info('update', 'leases', 'kube-system'),
      group: 'coordination.k8s.io',
    }),
    'system-leader-election',
  );
  assert.equal(schemaOf('system:kube-scheduler', [all], info('list', 'pods')), 'kube-scheduler');
  assert.equal(
    schemaOf('system:node:a', ['system:nodes', all], info('patch', 'nodes')),
    'system-node-high',
  );
  assert.equal(
    schemaOf(
      'system:serviceaccount:kube-system:x',
      ['system:serviceaccounts', all],
      info('get', 'pods', 'a'),
    ),
    'kube-system-service-accounts',
  );
  assert.equal(
    schemaOf(
      'system:serviceaccount:b:x',
      ['system:serviceaccounts', all],
      info('get', 'pods', 'a'),
    ),
    'service-accounts',
  );
  assert.equal(schemaOf('alice', [all], info('get', 'pods', 'a')), 'global-default');
});

test('hands are dealt without repetition, the same each time, and differ between flows', () => {
  fc.assert(
    fc.property(
      fc.string(),
      fc.integer({ min: 1, max: 128 }),
      fc.integer({ min: 1, max: 8 }),
      (flow, queues, size) => {
        const hand = dealHand(flow, queues, size);
        assert.deepEqual(hand, dealHand(flow, queues, size));
        assert.equal(new Set(hand).size, Math.min(size, queues));
        assert.ok(hand.every((queue) => queue >= 0 && queue < queues));
      },
    ),
    { numRuns: 50 },
  );
  assert.notDeepEqual(dealHand('a', 128, 6), dealHand('b', 128, 6));
});

test('seats are never overdrawn and everyone who waits is served in the end', () => {
  const step = fc.record({
    flow: fc.integer({ min: 0, max: 5 }),
    seats: fc.integer({ min: 1, max: 3 }),
    finish: fc.boolean(),
  });
  fc.assert(
    fc.property(
      fc.array(step, { maxLength: 80 }),
      fc.integer({ min: 3, max: 6 }),
      (steps, limit) => {
        const queues = new FairQueues({ queues: 8, handSize: 2, queueLengthLimit: 100 }, limit);
        const running: Ticket[] = [];
        let now = 0;
        let accepted = 0;
        for (const { flow, seats, finish } of steps) {
          now += 0.01;
          const ticket = newTicket(seats);
          ticket.start = () => running.push(ticket);
          const arrival = queues.arrive(ticket, dealHand(`${flow}`, 8, 2), now);
          if (arrival === 'executing') running.push(ticket);
          accepted++;
          assert.ok(queues.seatsInUse <= limit);
          const done = finish ? running.shift() : undefined;
          if (done !== undefined) {
            queues.finish(done, now);
            accepted--;
          }
          assert.equal(queues.executing + queues.waiting, accepted);
        }
        for (let ticket = running.shift(); ticket !== undefined; ticket = running.shift()) {
          queues.finish(ticket, (now += 0.01));
          assert.ok(queues.seatsInUse <= limit);
        }
        assert.equal(queues.demand, 0);
      },
    ),
    { numRuns: 100 },
  );
});

test('a flow that floods its queue does not hold up another', () => {
  const queues = new FairQueues({ queues: 16, handSize: 1, queueLengthLimit: 100 }, 1);
  const order: string[] = [];
  const running: Ticket[] = [];
  const arrive = (name: string, queue: number) => {
    const ticket = newTicket(1);
    const began = () => {
      order.push(name);
      running.push(ticket);
    };
    ticket.start = began;
    if (queues.arrive(ticket, [queue], 0) === 'executing') began();
  };
  for (let i = 0; i < 20; i++) arrive('flood', 1);
  arrive('small', 2);
  for (let now = 1, ticket = running.shift(); ticket !== undefined; ticket = running.shift()) {
    queues.finish(ticket, now++);
  }
  assert.ok(order.indexOf('small') <= 2, order.join());
  assert.equal(order.length, 21);
});

test('a full queue refuses, and leaving makes room', () => {
  const queues = new FairQueues({ queues: 1, handSize: 1, queueLengthLimit: 1 }, 1);
  assert.equal(queues.arrive(newTicket(1), [0], 0), 'executing');
  const waiting = newTicket(1);
  assert.equal(queues.arrive(waiting, [0], 0), 'waiting');
  assert.equal(queues.arrive(newTicket(1), [0], 0), 'queue-full');
  assert.equal(queues.leave(waiting), true);
  assert.equal(queues.arrive(newTicket(1), [0], 0), 'waiting');
});

test('shares become seats; idle levels lend, busy levels borrow, no more than there are', () => {
  const shares = [
    {
      name: 'a',
      exempt: false,
      nominalConcurrencyShares: 30,
      lendablePercent: 50,
      borrowingLimitPercent: undefined,
    },
    {
      name: 'b',
      exempt: false,
      nominalConcurrencyShares: 10,
      lendablePercent: 0,
      borrowingLimitPercent: 100,
    },
  ];
  const limits = nominalLimits(shares, 100);
  assert.deepEqual(limits.get('a'), { nominal: 75, min: 37, max: 175 });
  assert.deepEqual(limits.get('b'), { nominal: 25, min: 25, max: 50 });
  const demand = (name: string, highest: number, smoothed: number) => ({
    name,
    exempt: false,
    highest,
    smoothed,
    ...(limits.get(name) as { nominal: number; min: number; max: number }),
  });
  const seats = allocate([demand('a', 0, 0), demand('b', 90, 90)], 100);
  assert.equal(seats.get('b'), 50, 'up to its borrowing limit');
  assert.ok((seats.get('a') ?? 0) >= 37);
});

function request(user: UserInfo, what: RequestInfo) {
  const finishers: (() => void)[] = [];
  const abort = new AbortController();
  const context = {
    user,
    info: what,
    query: new URLSearchParams(),
    longRunning: what.verb === 'watch',
    extraHeaders: {},
    signal: abort.signal,
    onFinish: (callback: () => void) => finishers.push(callback),
  } as unknown as RequestContext;
  return { context, abort, finish: () => finishers.forEach((callback) => callback()) };
}

function server(totalSeats: number) {
  const listers = { flowSchemas: new MemoryLister(), priorityLevels: new MemoryLister() };
  for (const object of priorityLevelConfigurations()) {
    object.metadata.uid = `level-${object.metadata.name}`;
    listers.priorityLevels.put(object);
  }
  for (const object of flowSchemas()) {
    object.metadata.uid = `schema-${object.metadata.name}`;
    listers.flowSchemas.put(object);
  }
  const flow = makeFlowControl({ ...listers, totalSeats, waitLimitMs: 60_000 });
  after(() => flow.stop());
  return { ...listers, ...flow };
}

const alice = { name: 'alice', groups: ['system:authenticated'] };

test('the stage tells schema and level, waits for a seat and gives it back', async () => {
  // 20 of 245 shares: one seat for global-default.
  const { stage, levels } = server(12);
  const first = request(alice, info('get', 'pods', 'a'));
  assert.equal(stage.run(first.context), undefined);
  assert.deepEqual(first.context.extraHeaders, {
    'X-Kubernetes-PF-FlowSchema-UID': 'schema-global-default',
    'X-Kubernetes-PF-PriorityLevel-UID': 'level-global-default',
  });
  assert.equal(levels.get('global-default')?.queues.seatLimit, 1);
  const second = request(alice, info('get', 'pods', 'a'));
  const gone = request(alice, info('get', 'pods', 'a'));
  const waiting = stage.run(second.context) as Promise<void>;
  const leaving = stage.run(gone.context) as Promise<void>;
  gone.abort.abort();
  await assert.rejects(
    leaving,
    (error: unknown) => error instanceof StatusError && error.code === 429,
  );
  const watch = request(alice, info('watch', 'pods', 'a'));
  assert.equal(stage.run(watch.context), undefined, 'a watch takes no seat');
  assert.deepEqual(watch.context.extraHeaders, first.context.extraHeaders);
  const master = request({ name: 'root', groups: ['system:masters'] }, info('list', 'pods'));
  assert.equal(stage.run(master.context), undefined, 'exempt');
  first.finish();
  await waiting;
  second.finish();
  assert.equal(levels.get('global-default')?.queues.demand, 0);
});

test('new schemas count from the next request on', () => {
  const { stage, flowSchemas: schemas } = server(100);
  const before = request(alice, info('get', 'pods', 'a'));
  stage.run(before.context);
  schemas.put({
    apiVersion: 'flowcontrol.apiserver.k8s.io/v1',
    kind: 'FlowSchema',
    metadata: { name: 'mine', uid: 'mine' },
    spec: {
      priorityLevelConfiguration: { name: 'workload-high' },
      matchingPrecedence: 50,
      rules: [
        {
          subjects: [{ kind: 'User', user: { name: 'alice' } }],
          resourceRules: [{ verbs: ['*'], apiGroups: ['*'], resources: ['*'], namespaces: ['*'] }],
        },
      ],
    },
  });
  const next = request(alice, info('get', 'pods', 'a'));
  stage.run(next.context);
  assert.equal(next.context.extraHeaders['X-Kubernetes-PF-FlowSchema-UID'], 'mine');
});

test('without fairness, readers and writers are counted apart', () => {
  const stage = makeMaxInFlight({ reading: 1, writing: 1 });
  const reader = request(alice, info('list', 'pods'));
  stage.run(reader.context);
  stage.run(request(alice, info('create', 'pods')).context);
  assert.throws(
    () => stage.run(request(alice, info('get', 'pods')).context),
    ({ code, plain, details }: StatusError) => {
      assert.deepEqual([code, details?.retryAfterSeconds], [429, 1]);
      assert.deepEqual(plain, {
        text: 'Too many requests, please try again later.\n',
        headers: {
          'content-type': 'text/plain; charset=utf-8',
          'x-content-type-options': 'nosniff',
        },
      });
      return true;
    },
  );
  stage.run(request({ name: 'r', groups: ['system:masters'] }, info('get', 'pods')).context);
  reader.finish();
});
