/**
 * Fair queuing of one priority level: requests of a flow wait in one of the flow's few queues, and
 * whenever seats are free the queue that has had least service goes first. A pure machine: time is
 * given, what to start is told by calling `start`.
 *
 * Virtual time R counts seat-seconds per active queue; each queue remembers the R at which its next
 * request would begin, so a queue that was idle cannot claim the past.
 * Source: k8s.io/apiserver util/flowcontrol/fairqueuing/queueset (KEP-1040).
 */

export interface QueueLayout {
  /** 0: nobody waits, who finds no seat is turned away. */
  queues: number;
  handSize: number;
  queueLengthLimit: number;
}

export interface Ticket {
  seats: number;
  /** Whose it is: for people who look at what waits and runs. */
  about?: object | undefined;
  /** In seconds, on the clock of the queues. */
  arrivedAt: number;
  /** Called once, when its turn has come; not for those that got a seat at once. */
  start: (() => void) | undefined;
  queue: Queue | undefined;
  state: 'waiting' | 'executing' | 'done';
  startedAt: number;
}

export interface Queue {
  readonly index: number;
  waiting: Ticket[];
  waitingSeats: number;
  executing: number;
  executingSeats: number;
  /** R at which its next request begins. */
  nextStart: number;
}

export type Arrival = 'executing' | 'waiting' | 'queue-full' | 'concurrency-limit';

/** Assumed service time in seconds until the real one is known. */
const guessedSeconds = 0.003;

export class FairQueues {
  #layout: QueueLayout;
  #seatLimit: number;
  #queues: Queue[] = [];
  #seatsInUse = 0;
  #seatsWaiting = 0;
  #executing = 0;
  #waiting = 0;
  /** Queues with anything waiting or executing. */
  #active = 0;
  #virtual = 0;
  #lastSeconds = 0;
  /** Ties go round. */
  #next = 0;
  readonly #running = new Set<Ticket>();

  constructor(layout: QueueLayout, seatLimit: number) {
    this.#layout = layout;
    this.#seatLimit = seatLimit;
    this.#grow();
  }

  get seatsInUse(): number {
    return this.#seatsInUse;
  }
  get executing(): number {
    return this.#executing;
  }
  get waiting(): number {
    return this.#waiting;
  }
  /** Seats wanted now: in use and waited for. */
  get demand(): number {
    return this.#seatsInUse + this.#seatsWaiting;
  }
  get seatLimit(): number {
    return this.#seatLimit;
  }
  get queues(): readonly Readonly<Queue>[] {
    return this.#queues;
  }
  get running(): Iterable<Readonly<Ticket>> {
    return this.#running;
  }

  /** Queues beyond a smaller number are dealt no more and empty by themselves. */
  configure(layout: QueueLayout, seatLimit: number, nowSeconds: number): void {
    this.#advance(nowSeconds);
    this.#layout = layout;
    this.#seatLimit = seatLimit;
    this.#grow();
    this.#dispatch(nowSeconds);
  }

  /** `hand`: the flow's queues. On `waiting`, `ticket.start` will be called or {@link leave} must be. */
  arrive(ticket: Ticket, hand: readonly number[], nowSeconds: number): Arrival {
    this.#advance(nowSeconds);
    ticket.arrivedAt = nowSeconds;
    if (this.#layout.queues === 0) {
      if (!this.#fits(ticket)) return 'concurrency-limit';
      this.#begin(ticket, nowSeconds);
      return 'executing';
    }
    const queue = this.#shortest(hand);
    if (queue.waiting.length >= this.#layout.queueLengthLimit) return 'queue-full';
    if (this.#waiting === 0 && this.#fits(ticket)) {
      // Nobody to be fair to: no queue is looked at.
      this.#activate(queue);
      this.#serve(queue, ticket, nowSeconds);
      return 'executing';
    }
    this.#enqueue(queue, ticket);
    const { start } = ticket;
    ticket.start = undefined;
    this.#dispatch(nowSeconds);
    // `dispatch` may have changed the state: TypeScript cannot see that.
    if ((ticket.state as Ticket['state']) === 'executing') return 'executing';
    ticket.start = start;
    return 'waiting';
  }

  /** Gives up waiting. False when its turn had already come. */
  leave(ticket: Ticket): boolean {
    const { queue } = ticket;
    if (ticket.state !== 'waiting' || queue === undefined) return false;
    queue.waiting.splice(queue.waiting.indexOf(ticket), 1);
    this.#unqueue(queue, ticket);
    ticket.state = 'done';
    this.#settle(queue);
    return true;
  }

  /** An executing request is over: its seats go to whoever is next. */
  finish(ticket: Ticket, nowSeconds: number): void {
    if (ticket.state !== 'executing') return;
    this.#advance(nowSeconds);
    ticket.state = 'done';
    this.#running.delete(ticket);
    this.#seatsInUse -= ticket.seats;
    this.#executing--;
    const { queue } = ticket;
    if (queue !== undefined) {
      queue.executing--;
      queue.executingSeats -= ticket.seats;
      // The guess is replaced by what it really took.
      queue.nextStart += (nowSeconds - ticket.startedAt - guessedSeconds) * ticket.seats;
      this.#settle(queue);
    }
    this.#dispatch(nowSeconds);
  }

  #grow(): void {
    for (let index = this.#queues.length; index < this.#layout.queues; index++) {
      this.#queues.push({
        index,
        waiting: [],
        waitingSeats: 0,
        executing: 0,
        executingSeats: 0,
        nextStart: 0,
      });
    }
  }

  #advance(nowSeconds: number): void {
    const passed = Math.max(0, nowSeconds - this.#lastSeconds);
    this.#lastSeconds = nowSeconds;
    if (this.#active > 0) {
      this.#virtual += (passed * Math.min(this.demand, this.#seatLimit)) / this.#active;
    }
  }

  /** A request wider than the whole level may run alone. */
  #fits(ticket: Ticket): boolean {
    const { seats } = ticket;
    return (
      this.#seatsInUse + seats <= this.#seatLimit || (this.#seatsInUse === 0 && this.#seatLimit > 0)
    );
  }

  #shortest(hand: readonly number[]): Queue {
    let best = this.#queues[hand[0] ?? 0] as Queue;
    for (let i = 1; i < hand.length; i++) {
      const queue = this.#queues[hand[i] as number];
      if (queue === undefined) continue;
      const work = queue.waitingSeats + queue.executingSeats;
      if (work < best.waitingSeats + best.executingSeats) best = queue;
    }
    return best;
  }

  #activate(queue: Queue): void {
    if (queue.waiting.length > 0 || queue.executing > 0) return;
    this.#active++;
    queue.nextStart = this.#virtual;
  }

  #enqueue(queue: Queue, ticket: Ticket): void {
    this.#activate(queue);
    queue.waiting.push(ticket);
    queue.waitingSeats += ticket.seats;
    this.#waiting++;
    this.#seatsWaiting += ticket.seats;
    ticket.queue = queue;
    ticket.state = 'waiting';
  }

  #serve(queue: Queue, ticket: Ticket, nowSeconds: number): void {
    ticket.queue = queue;
    queue.executing++;
    queue.executingSeats += ticket.seats;
    queue.nextStart += guessedSeconds * ticket.seats;
    this.#next = (queue.index + 1) % this.#queues.length;
    this.#begin(ticket, nowSeconds);
  }

  #unqueue(queue: Queue, ticket: Ticket): void {
    queue.waitingSeats -= ticket.seats;
    this.#waiting--;
    this.#seatsWaiting -= ticket.seats;
  }

  #settle(queue: Queue): void {
    if (queue.waiting.length === 0 && queue.executing === 0) this.#active--;
  }

  #dispatch(nowSeconds: number): void {
    while (this.#waiting > 0) {
      const queue = this.#leastServed();
      const ticket = queue?.waiting[0];
      if (queue === undefined || ticket === undefined || !this.#fits(ticket)) return;
      queue.waiting.shift();
      this.#unqueue(queue, ticket);
      this.#serve(queue, ticket, nowSeconds);
      ticket.start?.();
    }
  }

  #begin(ticket: Ticket, nowSeconds: number): void {
    ticket.state = 'executing';
    ticket.startedAt = nowSeconds;
    this.#running.add(ticket);
    this.#seatsInUse += ticket.seats;
    this.#executing++;
  }

  /** The waiting queue whose first request would finish first in virtual time. */
  #leastServed(): Queue | undefined {
    let best: Queue | undefined;
    let bestFinish = Infinity;
    const count = this.#queues.length;
    for (let i = 0; i < count; i++) {
      const queue = this.#queues[(this.#next + i) % count] as Queue;
      const first = queue.waiting[0];
      if (first === undefined) continue;
      const finish = queue.nextStart + guessedSeconds * first.seats;
      if (finish < bestFinish) {
        best = queue;
        bestFinish = finish;
      }
    }
    return best;
  }
}

export function newTicket(seats: number, about?: object): Ticket {
  return {
    seats,
    about,
    start: undefined,
    queue: undefined,
    state: 'waiting',
    arrivedAt: 0,
    startedAt: 0,
  };
}
