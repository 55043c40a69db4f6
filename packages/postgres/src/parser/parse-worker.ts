/** The worker that parses larger texts, beside the event loop and on a stack of its own. */
import { parentPort } from 'node:worker_threads';
import { Grammar, SyntaxRefusal } from './grammar.ts';
import type { Begun } from './worker.ts';

export interface ParseRequest {
  readonly major: number;
  readonly sql: string;
}

export type ParseReply =
  | { readonly kind: 'tree'; readonly json: string }
  | { readonly kind: 'syntax'; readonly message: string; readonly at: number | null }
  /** The instance broke: too deep, out of memory. */
  | { readonly kind: 'broken' };

const grammars = new Map<number, Promise<Grammar>>();

async function reply({ major, sql }: ParseRequest): Promise<ParseReply> {
  try {
    let loading = grammars.get(major);
    if (loading === undefined) grammars.set(major, (loading = Grammar.load(major)));
    const grammar = await loading;
    await grammar.ready();
    post('begun');
    return { kind: 'tree', json: grammar.parse(sql) };
  } catch (thrown) {
    if (thrown instanceof SyntaxRefusal) return { kind: 'syntax', message: thrown.message, at: thrown.at };
    return { kind: 'broken' };
  }
}

function post(message: Begun | ParseReply): void {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a worker thread, not a window
  parentPort?.postMessage(message);
}

parentPort?.on('message', (request: ParseRequest) => {
  void reply(request).then(post);
});
