/**
 * SQL text → parse trees, by the server's own grammar, whatever the text holds.
 *
 * A NUL is refused first: the parser would not see what follows it. A short text is parsed in place, a longer one in a
 * worker with a deadline (nested comments take quadratic time), beyond a megabyte nothing is. A parser that broke is
 * replaced. Trees beyond a depth are refused, so that what walks them may recurse.
 */
import { CountersignError } from '@countersign/core';
import type { RawStatement } from '../ast/nodes.ts';
import type { Major } from '../major.ts';
import { Grammar, SyntaxRefusal } from './grammar.ts';
import { nestingWithin } from './nesting.ts';
import type { ParseReply, ParseRequest } from './parse-worker.ts';
import { TextWorker } from './worker.ts';

/** Bytes up to which a text is parsed in place: no such text can overflow the stack. */
const inPlaceBytes = 8 * 1024;
/** Comments within comments take quadratic time: texts that open more than this many are not parsed in place. */
const inPlaceComments = 100;
/** Bytes beyond which a text is refused. */
const maxBytes = 1024 * 1024;
/** Levels of objects and arrays in the parse tree's JSON; an expression takes three to four of them a level. */
const maxNesting = 1200;

/** Whether a text is quickly parsed and looked at, whatever it holds. */
export function isSmall(sql: string): boolean {
  return (
    Buffer.byteLength(sql) <= inPlaceBytes && sql.split('/*', inPlaceComments + 2).length <= inPlaceComments
  );
}

/**
 * Refuses what is no text to parse.
 *
 * @throws {CountersignError} `malformed` for a NUL or a lone surrogate, `too_large` for too many bytes.
 */
export function checkText(sql: string): void {
  if (sql.includes('\0'))
    throw new CountersignError('malformed', { what: 'a NUL character', expected: 'text without NUL' });
  if (!sql.isWellFormed())
    throw new CountersignError('malformed', { what: 'a lone surrogate', expected: 'well-formed unicode' });
  const bytes = Buffer.byteLength(sql);
  if (bytes > maxBytes)
    throw new CountersignError('too_large', {
      what: `a statement of ${bytes} bytes`,
      expected: `at most ${maxBytes}`,
    });
}

export interface ParserOptions {
  /** Milliseconds the worker may take for one text; default 2000. */
  readonly deadlineMs?: number;
  /** Whether every text is parsed in place: within a worker. Default false. */
  readonly inPlace?: boolean;
}

export class Parser {
  readonly #grammars = new Map<Major, Promise<Grammar>>();
  readonly #worker: TextWorker<ParseRequest, ParseReply> | null;

  constructor({ deadlineMs = 2000, inPlace = false }: ParserOptions = {}) {
    this.#worker = inPlace ? null : new TextWorker(new URL('./parse-worker', import.meta.url), deadlineMs);
  }

  /**
   * Parses a text into its statements; none for a text of comments and semicolons.
   *
   * @throws {CountersignError} `malformed` for a NUL or a lone surrogate, `too_large` for too many bytes or levels or
   * too much time, `parse_failed` for what the server would not parse either.
   */
  async parse(sql: string, major: Major): Promise<readonly RawStatement[]> {
    checkText(sql);
    // Not every grammar gives a tree for nothing at all.
    if (sql === '') return [];
    const json =
      this.#worker === null || isSmall(sql)
        ? await this.#inPlace(sql, major)
        : await this.#inWorker(sql, major);
    if (!nestingWithin(json, maxNesting))
      throw new CountersignError('too_large', { what: 'a statement nested too deep' });
    return (JSON.parse(json) as { stmts?: readonly RawStatement[] }).stmts ?? [];
  }

  async close(): Promise<void> {
    await this.#worker?.close();
  }

  async #inPlace(sql: string, major: Major): Promise<string> {
    let loading = this.#grammars.get(major);
    if (loading === undefined) this.#grammars.set(major, (loading = Grammar.load(major)));
    const grammar = await loading;
    await grammar.ready();
    try {
      return grammar.parse(sql);
    } catch (thrown) {
      if (thrown instanceof SyntaxRefusal) throw parseFailed(thrown.message);
      throw tooHard(thrown);
    }
  }

  async #inWorker(sql: string, major: Major): Promise<string> {
    const reply = (await this.#worker?.ask(() => ({ major, sql }))) ?? { kind: 'broken' };
    switch (reply.kind) {
      case 'tree':
        return reply.json;
      case 'syntax':
        throw parseFailed(reply.message);
      case 'broken':
        throw tooHard(undefined);
    }
  }
}

/** The parser's message quotes the text near the error, and nothing else. */
function parseFailed(message: string): CountersignError {
  return new CountersignError('parse_failed', { what: message.slice(0, 200) });
}

function tooHard(cause: unknown): CountersignError {
  return new CountersignError('too_large', { what: 'a statement too deep or too slow to parse' }, { cause });
}
