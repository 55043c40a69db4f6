/** Where a command reads and writes: data goes to stdout, everything else to stderr. */
import { once } from 'node:events';
import type { Readable, Writable } from 'node:stream';
import { styleText } from 'node:util';

export type Style = 'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'cyan';
/** Colours a text where the stream is a terminal that wants colours; gives it back unchanged where not. */
export type Paint = (style: Style | readonly Style[], text: string) => string;

/** A standard stream, or what a test puts in its place. */
export interface OutputStream extends Writable {
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly rows?: number;
}
export interface InputStream extends Readable {
  readonly isTTY?: boolean;
  setRawMode?(raw: boolean): unknown;
}

export interface Terminal {
  readonly stdin: InputStream;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Whether someone is there to answer a question: stdin and stderr are both terminals. */
  readonly interactive: boolean;
  readonly out: Channel;
  readonly err: Channel;
}

export class Channel {
  readonly #stream: OutputStream;
  readonly paint: Paint;
  readonly isTerminal: boolean;

  constructor(stream: OutputStream, env: Terminal['env']) {
    this.#stream = stream;
    this.isTerminal = stream.isTTY === true;
    const coloured = this.isTerminal && (env.NO_COLOR ?? '') === '' && env.TERM !== 'dumb';
    this.paint = (style, text) => (coloured ? styleText(style, text, { validateStream: false }) : text);
  }

  /** Cells in a row: the terminal's, at most 100 so that lines stay readable; 80 where it is no terminal. */
  get width(): number {
    const columns = this.isTerminal ? (this.#stream.columns ?? 80) : 80;
    return Math.max(48, Math.min(columns, 100));
  }

  /** Rows of the screen; 24 where that can't be told. */
  get height(): number {
    return Math.max(10, this.#stream.rows ?? 24);
  }

  /** Has a function called whenever the screen got another size. @returns a function that ends that. */
  onResize(listener: () => void): () => void {
    this.#stream.on('resize', listener);
    return () => void this.#stream.off('resize', listener);
  }

  /** Writes, and waits while the reader is behind. */
  async write(text: string): Promise<void> {
    if (!this.#stream.write(text) && !this.#stream.destroyed) await once(this.#stream, 'drain');
  }

  /** Writes a text and a line feed. */
  async line(text = ''): Promise<void> {
    await this.write(`${text}\n`);
  }
}

export interface Streams {
  readonly stdin: InputStream;
  readonly stdout: OutputStream;
  readonly stderr: OutputStream;
}

export function terminalOf({ stdin, stdout, stderr }: Streams, env: Terminal['env']): Terminal {
  return {
    stdin,
    env,
    interactive: stdin.isTTY === true && stderr.isTTY === true,
    out: new Channel(stdout, env),
    err: new Channel(stderr, env),
  };
}
