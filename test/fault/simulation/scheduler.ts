/**
 * One scheduler for everything that can happen. A store's statement, an operation of the target, a message on the
 * network, a timer: each is a step that is parked here, and the seed says which one goes next. Nothing else moves the
 * story on: after each step the microtasks it set off run to their end, and then the next one is chosen. Time is a number
 * that grows only when the scheduler says so.
 */
import type { Random } from './random.ts';

/** Something that can die. What it has parked dies with it, and what it parks afterwards never happens. */
export interface Process {
  readonly name: string;
  alive: boolean;
  /** It hangs until then, and knows nothing of it. Milliseconds since the epoch. */
  hangsUntil: number;
}

export const processNamed = (name: string): Process => ({ name, alive: true, hangsUntil: 0 });

export interface Step<T> {
  readonly label: string;
  readonly work: () => T;
  /** Whether it can happen now; default: whenever it is chosen. */
  readonly ready?: () => boolean;
}

interface Parked {
  readonly process: Process;
  readonly label: string;
  readonly notBefore: number;
  readonly ready: () => boolean;
  readonly go: () => void;
}

const always = () => true;

const earliest = ({ notBefore, process }: Parked) => Math.max(notBefore, process.hangsUntil);

/** How a seed likes to choose: anything, rather what has waited long, rather what just came. */
const tempers = ['any', 'oldest', 'newest'] as const;

export class Scheduler {
  readonly #random: Random;
  readonly #temper: (typeof tempers)[number];
  /** How probable it is that time passes although there is something to do. */
  readonly #idle: number;
  #parked: Parked[] = [];
  #now: number;
  #turns = 0;
  /** When the clocks of the story run out: time likes to pass until just about then. Milliseconds since the epoch. */
  clocks: () => readonly number[] = () => [];
  /** Told of every step, where someone keeps the trace. */
  readonly #told: (line: string) => void;

  constructor(random: Random, startsAt: number, told: (line: string) => void) {
    this.#random = random;
    this.#temper = random.pick(tempers);
    this.#idle = random.pick([0.005, 0.02, 0.06]);
    this.#now = startsAt;
    this.#told = told;
  }

  /** Milliseconds since the epoch. */
  get now(): number {
    return this.#now;
  }

  /** How many steps were taken. */
  get turns(): number {
    return this.#turns;
  }

  tell(line: string): void {
    this.#told(`${this.#now} ${line}`);
  }

  /** Parks a step; resolves with what its work returns, once it was chosen, and never when its process dies before. */
  park<T>(process: Process, step: Step<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#add(process, step.label, this.#now, step.ready ?? always, () => {
        try {
          resolve(step.work());
        } catch (thrown) {
          reject(thrown);
        }
      });
    });
  }

  /** As a runtime's: resolves after `ms` of the story's time, or at once when the signal aborts. */
  sleep(process: Process, ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      if (signal?.aborted === true) return resolve();
      const done = () => {
        signal?.removeEventListener('abort', done);
        this.#parked = this.#parked.filter((one) => one !== timer);
        resolve();
      };
      const timer = this.#add(process, 'wakes', this.#now + Math.max(0, ms), always, done);
      signal?.addEventListener('abort', done, { once: true });
    });
  }

  kill(process: Process): void {
    process.alive = false;
    this.#parked = this.#parked.filter((one) => one.process !== process);
  }

  /** Time passes without anything happening in it: a machine that was suspended, a network that hung. */
  leap(ms: number): void {
    this.#now += ms;
    this.tell(`${ms} ms pass`);
  }

  /** Clocks are judged to the millisecond, so time passes until right before one runs out, to it, or past it. */
  leapToClock(): boolean {
    const running = this.clocks().filter((at) => at > this.#now);
    if (running.length === 0) return false;
    this.leap(Math.max(0, this.#random.pick(running) + this.#random.pick([-1, 0, 1]) - this.#now));
    return true;
  }

  /** Takes one step, or lets time pass until there is one. @returns false when nothing will ever happen again. */
  async turn(): Promise<boolean> {
    const able = this.#parked.filter((one) => earliest(one) <= this.#now && one.ready());
    if (able.length === 0 || this.#random.chance(this.#idle)) {
      if (able.length > 0 && this.#random.chance(0.08) && this.leapToClock()) return true;
      const later = this.#parked.map(earliest).filter((at) => at > this.#now);
      if (later.length > 0) {
        // Until the next one wakes, or for longer, and then several wake at once.
        this.#now = this.#random.chance(0.5) ? Math.min(...later) : this.#random.pick(later);
        return true;
      }
      if (able.length === 0) return false;
    }
    const next = this.#choose(able);
    this.#parked = this.#parked.filter((one) => one !== next);
    this.#turns++;
    this.tell(`${next.process.name}: ${next.label}`);
    next.go();
    await settled();
    return true;
  }

  /** Takes steps until the work is done. @throws {Error} when it takes more than `most` steps, or can never be done. */
  async until(work: Promise<unknown>, most: number): Promise<void> {
    const end = { reached: false };
    const ended = () => {
      end.reached = true;
    };
    work.then(ended, ended);
    await settled();
    for (const last = this.#turns + most; !end.reached; ) {
      if (this.#turns >= last) throw new Error(`no end after ${most} steps`);
      if (!(await this.turn())) throw new Error('something waits that nothing will ever wake');
    }
  }

  #add(process: Process, label: string, notBefore: number, ready: () => boolean, go: () => void): Parked {
    const parked = { process, label, notBefore, ready, go };
    if (process.alive) this.#parked.push(parked);
    return parked;
  }

  #choose(able: readonly Parked[]): Parked {
    const decided = this.#temper !== 'any' && this.#random.chance(0.5);
    if (!decided) return this.#random.pick(able);
    return (this.#temper === 'oldest' ? able[0] : able.at(-1)) as Parked;
  }
}

/** Resolves when every microtask there is has run: immediates come after all of them. */
const settled = () => new Promise<void>((resolve) => setImmediate(resolve));
