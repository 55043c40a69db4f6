/** The live list in a terminal: follows changes, draws, and votes by key. The terminal is given back as it was. */
import type { Client } from '@countersign/client';
import { type ApprovalId, CountersignError } from '@countersign/core';
import type { Host } from '../options.ts';
import { printableLine } from '../terminal/printable.ts';
import { voteInWords } from '../vote-in-words.ts';
import { keysIn } from './keys.ts';
import { type Screen, screen } from './screen.ts';
import { type Action, type LiveState, nothingYet, press, withApproval, withApprovals } from './state.ts';

const [enter, leave] = ['\u001b[?1049h\u001b[?25l', '\u001b[?25h\u001b[?1049l'];
/** Home, and each line cleared to its end before the next. */
const draw = (lines: readonly string[]) =>
  `\u001b[H${lines.map((line) => `\u001b[2K${line}`).join('\r\n')}\u001b[J`;

/** Milliseconds after which the clocks on the screen are drawn anew. */
const tickMs = 5000;

/** Whether there is a terminal to be live in. */
export function canBeLive({ terminal: { stdin, out, env } }: Host): boolean {
  return stdin.isTTY === true && out.isTerminal && env['TERM'] !== 'dumb';
}

/** Shows what waits until the person leaves. */
export async function live(host: Host, client: Client): Promise<void> {
  const list = new LiveList(host, client);
  try {
    await list.run();
  } finally {
    await list.giveBack();
  }
}

class LiveList {
  readonly #host: Host;
  readonly #client: Client;
  readonly #end = new AbortController();
  readonly #signal: AbortSignal;
  #state: LiveState = nothingYet;
  #screen: Screen = { lines: [], scrolled: 0, page: 1, seen: null };
  #drawing: Promise<void> = Promise.resolve();
  #drawn = false;
  /** What was voted here, said once more when the screen is gone. */
  readonly #voted: string[] = [];

  constructor(host: Host, client: Client) {
    this.#host = host;
    this.#client = client;
    this.#signal = AbortSignal.any([host.signal, this.#end.signal]);
  }

  async run(): Promise<void> {
    const { stdin, out } = this.#host.terminal;
    // Before anything is drawn: whoever may not look is told so in words.
    await this.#readAll();
    await out.write(enter);
    this.#drawn = true;
    stdin.setRawMode?.(true);
    const pressed = (data: Buffer) => this.#press(data.toString());
    const over = () => this.#end.abort();
    stdin.on('data', pressed).once('end', over).resume();
    const resized = out.onResize(() => this.#show(this.#state));
    const tick = setInterval(() => this.#show(this.#state), tickMs);
    this.#show(this.#state);
    try {
      await this.#follow();
    } finally {
      clearInterval(tick);
      resized();
      stdin.off('data', pressed).off('end', over);
      this.#end.abort();
    }
  }

  async giveBack(): Promise<void> {
    const { stdin, out, err } = this.#host.terminal;
    stdin.setRawMode?.(false);
    stdin.pause();
    await this.#drawing;
    if (this.#drawn) await out.write(leave);
    for (const words of this.#voted) await err.line(printableLine(words));
  }

  async #follow(): Promise<void> {
    try {
      for await (const followed of this.#client.followApprovals({ signal: this.#signal })) {
        // What changed between the first look and now is seen by looking again.
        if (followed.kind === 'ready') await this.#attempt(() => this.#readAll());
        else if (followed.change.approval !== null) await this.#readOne(followed.change.approval);
        else this.#say(followed.change.type === 'stopped' ? 'A stop is in force.' : 'A stop was lifted.');
      }
    } catch (error) {
      if (!this.#signal.aborted) throw error;
    }
  }

  async #readAll(): Promise<void> {
    const { approvals } = await this.#client.listApprovals({ limit: 500, signal: this.#signal });
    this.#show(withApprovals(this.#state, approvals));
  }

  #readOne(id: ApprovalId): Promise<void> {
    return this.#attempt(async () => {
      const view = await this.#client.getApproval(id, { signal: this.#signal });
      this.#show(withApproval(this.#state, view));
    });
  }

  #press(data: string): void {
    const { state, action } = press(this.#state, keysIn(data), this.#screen.page);
    this.#show(state);
    if (action !== undefined) void this.#attempt(() => this.#act(action));
  }

  async #act(action: Action): Promise<void> {
    if (action.kind === 'quit') return this.#end.abort();
    const { id, digest } = action.on;
    const { signal } = this.#host;
    if (action.kind === 'comment') {
      this.#show(
        withApproval(this.#state, await this.#client.comment(id, { text: action.text }, { signal })),
      );
      return this.#say('Your comment stands on the card.');
    }
    const { vote, reason } = action;
    const request = { vote, digest, ...(reason === '' ? {} : { reason }) };
    const after = await this.#client.vote(id, request, { signal });
    this.#show(withApproval(this.#state, after));
    const words = voteInWords(vote, after);
    this.#voted.push(words);
    this.#say(`✓ ${words}`);
  }

  /** What goes wrong is said, and ends nothing but itself. */
  async #attempt(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (this.#signal.aborted) return;
      this.#say(error instanceof CountersignError ? error.toApprover() : 'Something went wrong.');
    }
  }

  #say(notice: string): void {
    this.#show({ ...this.#state, notice });
  }

  #show(state: LiveState): void {
    const { out } = this.#host.terminal;
    const { width, height, paint } = out;
    this.#screen = screen(state, { width, height, paint, now: this.#host.now() });
    const { scrolled, seen, lines } = this.#screen;
    this.#state = {
      ...state,
      scrolled,
      seen: seen === null || state.seen.has(seen) ? state.seen : new Set([...state.seen, seen]),
    };
    if (!this.#drawn || this.#end.signal.aborted) return;
    this.#drawing = this.#drawing.then(() => out.write(draw(lines))).catch(() => undefined);
  }
}
