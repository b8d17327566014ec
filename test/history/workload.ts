import { HistoryClient } from './client.ts';

/**
 * A writer and a reader that record every request, and what the record must show: nothing that was
 * acknowledged is lost, and reads over one connection never go back.
 */
const namespace = 'history';
const path = `/api/v1/namespaces/${namespace}/configmaps`;
const writesPerSecond = 50;
/** Objects that are updated in turn; every second write creates a new one. */
const updated = 10;

export class Workload {
  readonly #writer: HistoryClient;
  readonly #reader: () => HistoryClient;
  /** Acknowledged creates by name. */
  readonly #created = new Set<string>();
  /** Highest acknowledged number per updated object. */
  readonly #values = new Map<string, number>();
  readonly #acks: number[] = [];
  readonly backwards: string[] = [];
  readonly failures = new Map<string, number>();
  reads = 0;
  #next = 0;
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<unknown>[] = [];
  #stopped = false;
  #reading: Promise<void> | undefined;

  constructor(kubeconfig: string) {
    this.#writer = new HistoryClient(kubeconfig, 16);
    this.#reader = () => new HistoryClient(kubeconfig, 1);
  }

  async start(): Promise<void> {
    await this.#must('POST', '/api/v1/namespaces', { metadata: { name: namespace } });
    for (let i = 0; i < updated; i++) {
      await this.#must('POST', path, { metadata: { name: `updated-${i}` }, data: { value: '0' } });
      this.#values.set(`updated-${i}`, 0);
    }
    this.#timer = setInterval(() => this.#write(), 1000 / writesPerSecond);
    this.#reading = this.#read();
  }

  get acknowledged(): number {
    return this.#acks.length;
  }

  /** Longest time without an acknowledged write since `from` (performance.now), in ms. */
  longestGap(from: number, to = performance.now()): number {
    let last = from;
    let longest = 0;
    for (const at of this.#acks) {
      if (at < from || at > to) continue;
      longest = Math.max(longest, at - last);
      last = at;
    }
    return Math.max(longest, to - last);
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    clearInterval(this.#timer);
    await Promise.all(this.#running);
    await this.#reading;
  }

  /** What was acknowledged and is not there. */
  async lost(): Promise<string[]> {
    const answer = await this.#writer.call('GET', path, undefined, 20_000);
    if (answer.code !== 200)
      throw new Error(
        `the final list failed: ${answer.code} ${answer.error ?? answer.body.slice(0, 200)}`,
      );
    const items = (
      JSON.parse(answer.body) as {
        items: { metadata: { name: string }; data: { value: string } }[];
      }
    ).items;
    const present = new Map(items.map((item) => [item.metadata.name, Number(item.data.value)]));
    const lost = [...this.#created].filter((name) => !present.has(name));
    for (const [name, value] of this.#values) {
      const now = present.get(name);
      if (now === undefined || now < value)
        lost.push(`${name}: acknowledged ${value}, found ${now}`);
    }
    this.#writer.close();
    return lost;
  }

  async #must(method: string, at: string, body: object): Promise<void> {
    const answer = await this.#writer.call(method, at, body, 10_000);
    if (answer.code >= 300 || answer.code === 0) {
      throw new Error(`${method} ${at}: ${answer.code} ${answer.error ?? answer.body}`);
    }
  }

  #write(): void {
    const number = ++this.#next;
    const work = number % 2 === 0 ? this.#create(number) : this.#update(number);
    this.#running.push(work);
    if (this.#running.length > 10_000) this.#running = this.#running.slice(-1_000);
  }

  async #create(number: number): Promise<void> {
    const name = `created-${number}`;
    const answer = await this.#writer.call('POST', path, {
      metadata: { name },
      data: { value: String(number) },
    });
    if (answer.code === 201) {
      this.#created.add(name);
      this.#acks.push(answer.endedAt);
    } else this.#failed(answer);
  }

  /** Numbers of one object grow in the order they were sent; only one write of it is under way. */
  async #update(number: number): Promise<void> {
    const name = `updated-${number % updated}`;
    if (this.#busy.has(name)) return;
    this.#busy.add(name);
    const answer = await this.#writer.call('PATCH', `${path}/${name}`, {
      data: { value: String(number) },
    });
    this.#busy.delete(name);
    if (answer.code === 200) {
      this.#values.set(name, Math.max(number, this.#values.get(name) ?? 0));
      this.#acks.push(answer.endedAt);
    } else this.#failed(answer);
  }

  readonly #busy = new Set<string>();

  #failed(answer: { code: number; error: string | undefined; body: string }): void {
    const why = answer.error ?? `${answer.code} ${answer.body.slice(0, 120)}`;
    this.failures.set(why, (this.failures.get(why) ?? 0) + 1);
  }

  /** One connection at a time; when it breaks a new one begins, and with it a new memory. */
  async #read(): Promise<void> {
    while (!this.#stopped) {
      const client = this.#reader();
      const seen = new Map<string, number>();
      for (let i = 0; !this.#stopped; i++) {
        const name = `updated-${i % updated}`;
        const answer = await client.call('GET', `${path}/${name}`);
        if (answer.code === 0) break;
        if (answer.code !== 200) {
          await new Promise((resolve) => setTimeout(resolve, 50));
          continue;
        }
        this.reads += 1;
        const object = JSON.parse(answer.body) as { metadata: { resourceVersion: string } };
        const version = Number(object.metadata.resourceVersion);
        const before = seen.get(name) ?? 0;
        if (version < before) this.backwards.push(`${name}: ${before} then ${version}`);
        seen.set(name, version);
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
      client.close();
    }
  }
}
