/** A TCP proxy in front of a server, which can lose what passes through it at a chosen moment. */
import { connect, createServer, type Server, type Socket } from 'node:net';

/**
 * What becomes of a chunk of the client's: it passes; it and the connection are lost; it passes and what the server
 * answers is lost with the connection; it is swallowed, and from then on the connection is silent and stays open.
 */
export type Fate = 'pass' | 'lose' | 'lose_answer' | 'swallow';

export class TcpProxy implements AsyncDisposable {
  /** Judges each chunk that a client sends. */
  judge: (chunk: Buffer) => Fate = () => 'pass';
  /** Whether new connections are closed at once. */
  refusing = false;
  readonly #sockets = new Set<Socket>();
  readonly #server: Server;
  #target: URL;
  #port = 0;

  private constructor(target: URL) {
    this.#target = target;
    this.#server = createServer((client) => this.#accept(client));
  }

  static async inFrontOf(url: string): Promise<TcpProxy> {
    const proxy = new TcpProxy(new URL(url));
    await new Promise<void>((resolve) => {
      proxy.#server.listen(0, '127.0.0.1', resolve);
    });
    const address = proxy.#server.address();
    if (address !== null && typeof address === 'object') proxy.#port = address.port;
    return proxy;
  }

  /** The target's URL by way of the proxy. */
  get url(): string {
    const url = new URL(this.#target);
    url.hostname = '127.0.0.1';
    url.port = String(this.#port);
    return url.href;
  }

  /** Leads new connections elsewhere, to another server with the same database. */
  redirect(url: string): void {
    this.#target = new URL(url);
  }

  /** Ends every connection that is open now. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.cut();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #accept(client: Socket): void {
    if (this.refusing) {
      client.destroy();
      return;
    }
    const server = connect(Number(this.#target.port), this.#target.hostname);
    let fate: Fate = 'pass';
    const end = () => {
      client.destroy();
      server.destroy();
    };
    for (const socket of [client, server]) {
      this.#sockets.add(socket);
      socket.on('error', end);
      socket.once('close', () => {
        this.#sockets.delete(socket);
        if (fate !== 'swallow') end();
      });
    }
    client.on('data', (chunk: Buffer) => {
      if (fate === 'swallow') return;
      fate = this.judge(chunk);
      if (fate === 'lose') end();
      else if (fate !== 'swallow') server.write(chunk);
    });
    server.on('data', (chunk) => {
      if (fate === 'pass') client.write(chunk);
      else if (fate === 'lose_answer') end();
    });
  }
}

/** Whether a chunk holds the simple message that commits. */
export const isCommit = (chunk: Buffer): boolean => chunk.includes('COMMIT\0');
