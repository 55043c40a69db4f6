/** A gateway that people sign in to, and a browser's manners: cookies kept, origins told. */
import { type Client, createClient } from '@countersign/client';
import type { MintInput, SessionView } from '@countersign/core';
import {
  type Gateway,
  type GatewayOptions,
  type Runtime,
  startGateway,
  systemRuntime,
} from '@countersign/gateway';
import { parsePolicyFile } from '@countersign/policy';

export const people = `
people:
  dana: { groups: [dba], accounts: ["local:dana"] }
  sam: { groups: [dba], accounts: ["local:sam"] }
  audra: { groups: [dba, auditors], accounts: ["local:audra"] }
  otto: { groups: [platform], accounts: ["local:otto"] }
  olivia: { groups: [], accounts: ["local:olivia"] }
`;

export const roles = 'roles: { auditor: [auditors], operator: [platform] }';

export interface World {
  readonly gateway: Gateway;
  readonly operator: Client;
  /** Moves the gateway's clock, for what it keeps in memory. The store's clock goes on by itself. */
  later(ms: number): void;
  mint(token: MintInput): Promise<string>;
  client(token: string): Client;
  /** A browser in which somebody has signed in by a link. */
  signedIn(name: string): Promise<Browser>;
  rewrite(text: string): Promise<void>;
  close(): Promise<void>;
}

export async function startWorld(
  policy: string,
  more: Partial<GatewayOptions> = {},
  env: Record<string, string> = {},
  /** The folder of the policy file, where it names a store: one that is kept. */
  directory?: string,
): Promise<World> {
  let text = policy;
  let ahead = 0;
  const parse = () =>
    parsePolicyFile(text, { file: 'countersign.yaml', env, directory: directory ?? '/nowhere' });
  const runtime: Runtime = { ...systemRuntime, now: () => Date.now() + ahead };
  const gateway = await startGateway({
    file: parse(),
    load: async () => parse(),
    ...(directory === undefined ? { store: 'memory' as const } : {}),
    listen: { host: '127.0.0.1', port: 0 },
    logLevel: 'silent',
    signInLinks: true,
    runtime,
    ...more,
  });
  const client = (token: string) => createClient({ url: gateway.url, token });
  const operator = client(gateway.operatorToken ?? '');
  return {
    gateway,
    operator,
    client,
    later: (ms) => {
      ahead += ms;
    },
    mint: async (request) => (await operator.mintToken(request)).token,
    signedIn: async (name) => {
      const browser = new Browser(gateway.url);
      const code = new URL(gateway.signInLink(`local:${name}`)).hash.slice(1);
      await browser.send('POST', '/auth/demo', { body: { code } });
      return browser;
    },
    rewrite: async (next) => {
      text = next;
      await gateway.reload('operator:test');
    },
    close: () => gateway.close(),
  };
}

export interface Answer {
  readonly status: number;
  readonly code: string | null;
  readonly body: unknown;
  readonly headers: Headers;
}

export interface Sending {
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Keeps cookies by host, as browsers do, and says of each request where it comes from. */
export class Browser {
  readonly cookies = new Map<string, string>();
  readonly base: string;
  csrf = '';

  constructor(base: string) {
    this.base = base;
  }

  async send(method: string, path: string, { body, headers = {} }: Sending = {}): Promise<Answer> {
    const url = new URL(path, this.base);
    const answer = await fetch(url, {
      method,
      redirect: 'manual',
      headers: {
        ...(method === 'GET' ? {} : { origin: url.origin, 'sec-fetch-site': 'same-origin' }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(this.csrf === '' ? {} : { 'x-countersign-csrf': this.csrf }),
        ...(this.cookies.size === 0
          ? {}
          : { cookie: [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ') }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    for (const set of answer.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(set) ?? [];
      if (/max-age=0/i.test(set)) this.cookies.delete(name);
      else this.cookies.set(name, value);
    }
    const text = await answer.text();
    const parsed = /json/.test(answer.headers.get('content-type') ?? '')
      ? (JSON.parse(text) as unknown)
      : text;
    const code = (parsed as { error?: { code: string } } | null)?.error?.code ?? null;
    return { status: answer.status, code, body: parsed, headers: answer.headers };
  }

  /** Who is signed in here; keeps what requests have to carry from now on. */
  async session(): Promise<SessionView> {
    const { status, body } = await this.send('GET', '/auth/session');
    if (status !== 200) throw new Error(`nobody is signed in: ${JSON.stringify(body)}`);
    const view = body as SessionView;
    this.csrf = view.csrf;
    return view;
  }
}
