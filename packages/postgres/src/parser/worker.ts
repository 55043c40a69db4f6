/** The parent's side of the parse worker: one text at a time, each with a deadline, the worker replaced when it breaks. */
import { Worker } from 'node:worker_threads';
import type { ParseBegun, ParseReply, ParseRequest } from './parse-worker.ts';

/** Run from source the worker is source, too. */
const workerFile = new URL(
  import.meta.url.endsWith('.ts') ? './parse-worker.ts' : './parse-worker.js',
  import.meta.url,
);

/** Milliseconds a worker may take to start and to load a grammar. */
const startupMs = 10_000;

export class ParseWorker {
  readonly #deadlineMs: number;
  #worker: Worker | null = null;
  #queue: Promise<unknown> = Promise.resolve();

  /** @param deadlineMs Milliseconds the parser may take for one text; starting the worker does not count. */
  constructor(deadlineMs: number) {
    this.#deadlineMs = deadlineMs;
  }

  /** Parses a text; `broken` also where the deadline passed or the worker died. Never throws. */
  parse(request: ParseRequest): Promise<ParseReply> {
    const turn = this.#queue.then(() => this.#parseNow(request));
    this.#queue = turn;
    return turn;
  }

  async close(): Promise<void> {
    await this.#queue;
    await this.#discard();
  }

  async #parseNow(request: ParseRequest): Promise<ParseReply> {
    const worker = (this.#worker ??= start());
    const reply = await new Promise<ParseReply>((resolve) => {
      const hear = (message: ParseBegun | ParseReply) => {
        clearTimeout(timer);
        if (message === 'begun') timer = setTimeout(broken, this.#deadlineMs);
        else finish(message);
      };
      const finish = (answer: ParseReply) => {
        clearTimeout(timer);
        worker.off('message', hear).off('error', broken).off('exit', broken);
        worker.unref();
        resolve(answer);
      };
      const broken = () => finish({ kind: 'broken' });
      let timer = setTimeout(broken, startupMs);
      worker.ref();
      worker.on('message', hear).on('error', broken).on('exit', broken);
      // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a worker thread, not a window
      worker.postMessage(request);
    });
    if (reply.kind === 'broken') await this.#discard();
    return reply;
  }

  async #discard(): Promise<void> {
    const worker = this.#worker;
    this.#worker = null;
    await worker?.terminate();
  }
}

function start(): Worker {
  const worker = new Worker(workerFile, { resourceLimits: { stackSizeMb: 8, maxOldGenerationSizeMb: 512 } });
  // Between two texts nobody listens; an unheard error would end the process.
  worker.on('error', () => undefined);
  return worker;
}
