/** The parent's side of a worker: one text at a time, each with a deadline, the worker replaced when it breaks. */
import { Worker } from 'node:worker_threads';

/** Run from source a worker is source, too, and finds the workspace's packages as source. */
const fromSource = import.meta.url.endsWith('.ts');
const sourceOptions = ['--conditions=@countersign/source', '--disable-warning=ExperimentalWarning'];

/** Said by the worker when it has all that it needs and begins: the deadline runs from here. */
export type Begun = 'begun';

/** Milliseconds a worker may take to start and to load a grammar. */
const startupMs = 10_000;

/** @typeParam Reply Never the text {@link Begun}. */
export class TextWorker<Request, Reply extends object> {
  readonly #file: URL;
  readonly #deadlineMs: number;
  #worker: Worker | null = null;
  #queue: Promise<unknown> = Promise.resolve();

  /**
   * @param file Of the worker, without its ending.
   * @param deadlineMs Milliseconds it may take for one text; starting the worker does not count.
   */
  constructor(file: URL, deadlineMs: number) {
    this.#file = new URL(`${file.href}${fromSource ? '.ts' : '.js'}`);
    this.#deadlineMs = deadlineMs;
  }

  /**
   * Asks about a text; null where the deadline passed or the worker died. Never throws.
   *
   * @param make Makes the request; told whether the worker is a new one, which knows nothing yet.
   */
  ask(make: (isNew: boolean) => Request): Promise<Reply | null> {
    const turn = this.#queue.then(() => this.#askNow(make));
    this.#queue = turn;
    return turn;
  }

  async close(): Promise<void> {
    await this.#queue;
    await this.#discard();
  }

  async #askNow(make: (isNew: boolean) => Request): Promise<Reply | null> {
    const isNew = this.#worker === null;
    const worker = (this.#worker ??= start(this.#file));
    const reply = await new Promise<Reply | null>((resolve) => {
      const hear = (message: Begun | Reply) => {
        clearTimeout(timer);
        if (message === 'begun') timer = setTimeout(broken, this.#deadlineMs);
        else finish(message);
      };
      const finish = (answer: Reply | null) => {
        clearTimeout(timer);
        worker.off('message', hear).off('error', broken).off('exit', broken);
        worker.unref();
        resolve(answer);
      };
      const broken = () => finish(null);
      let timer = setTimeout(broken, startupMs);
      worker.ref();
      worker.on('message', hear).on('error', broken).on('exit', broken);
      // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a worker thread, not a window
      worker.postMessage(make(isNew));
    });
    if (reply === null) await this.#discard();
    return reply;
  }

  async #discard(): Promise<void> {
    const worker = this.#worker;
    this.#worker = null;
    await worker?.terminate();
  }
}

function start(file: URL): Worker {
  const worker = new Worker(file, {
    resourceLimits: { stackSizeMb: 8, maxOldGenerationSizeMb: 512 },
    ...(fromSource ? { execArgv: sourceOptions } : {}),
  });
  // Between two texts nobody listens; an unheard error would end the process.
  worker.on('error', () => undefined);
  return worker;
}
