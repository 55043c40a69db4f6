/**
 * One major version's grammar: PostgreSQL's own parser, compiled to WebAssembly. Used in this process and in the
 * worker, so it imports nothing of the project.
 *
 * The library's own entry point keeps one instance for ever. Here instances are thrown away: after a stack overflow
 * inside WebAssembly its stack pointer is not restored, and an instance used on would fail or hang for good.
 */
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';

/** The text is not SQL of this major version. The message is the server's own. */
export class SyntaxRefusal extends Error {
  /** Where, in characters from 0; null where the parser does not say. */
  readonly at: number | null;

  constructor(message: string, at: number | null) {
    super(message);
    this.name = 'SyntaxRefusal';
    this.at = at;
  }
}

/** What the compiled parser exports, as far as it is used. */
interface Instance {
  lengthBytesUTF8(text: string): number;
  stringToUTF8(text: string, pointer: number, size: number): void;
  UTF8ToString(pointer: number): string;
  getValue(pointer: number, type: 'i32'): number;
  _malloc(size: number): number;
  _free(pointer: number): void;
  _wasm_parse_query_raw(pointer: number): number;
  _wasm_free_parse_result(pointer: number): void;
}

interface WebAssemblyInstance {
  readonly exports: object;
}

/** The global of that name, which the libraries this is checked against leave out. */
declare const WebAssembly: {
  compile(code: Uint8Array): Promise<object>;
  readonly Instance: new (module: object, imports: object) => WebAssemblyInstance;
};

type Factory = (options: {
  instantiateWasm(imports: object, done: (instance: WebAssemblyInstance) => void): object;
}) => Promise<Instance>;

const require = createRequire(import.meta.url);

export class Grammar {
  readonly #factory: Factory;
  readonly #module: object;
  #instance: Instance | null;

  private constructor(factory: Factory, module: object, instance: Instance) {
    this.#factory = factory;
    this.#module = module;
    this.#instance = instance;
  }

  /** Loads a grammar: a few milliseconds, and one to two megabytes of code. */
  static async load(major: number): Promise<Grammar> {
    const folder = `libpg-query-${major}/wasm`;
    const loaded = (await import(require.resolve(`${folder}/libpg-query.js`))) as { default: Factory };
    const module = await WebAssembly.compile(await readFile(require.resolve(`${folder}/libpg-query.wasm`)));
    return new Grammar(loaded.default, module, await instantiate(loaded.default, module));
  }

  /** Makes sure that there is an instance: after a parse that broke one, the next needs a fresh one. */
  async ready(): Promise<void> {
    this.#instance ??= await instantiate(this.#factory, this.#module);
  }

  /**
   * Parses a text without NUL into the parse tree's JSON. Call {@link ready} before.
   *
   * @throws {SyntaxRefusal} for text the server would refuse, too.
   * @throws Anything else means that this instance broke; it has been thrown away.
   */
  parse(sql: string): string {
    const instance = this.#instance;
    if (instance === null) throw new Error('the grammar is not ready');
    try {
      return parseWith(instance, sql);
    } catch (thrown) {
      if (!(thrown instanceof SyntaxRefusal)) this.#instance = null;
      throw thrown;
    }
  }
}

function instantiate(factory: Factory, module: object): Promise<Instance> {
  return factory({
    instantiateWasm(imports, done) {
      const instance = new WebAssembly.Instance(module, imports);
      done(instance);
      return instance.exports;
    },
  });
}

/** The result is a struct of three pointers: tree, stderr, error; the error's first is the message, its fifth the place. */
function parseWith(instance: Instance, sql: string): string {
  const size = instance.lengthBytesUTF8(sql) + 1;
  const text = instance._malloc(size);
  if (text === 0) throw new Error('the parser is out of memory');
  instance.stringToUTF8(sql, text, size);
  const result = instance._wasm_parse_query_raw(text);
  instance._free(text);
  if (result === 0) throw new Error('the parser is out of memory');
  const error = instance.getValue(result + 8, 'i32');
  const tree = instance.getValue(result, 'i32');
  let refusal: SyntaxRefusal | null = null;
  let json = '';
  if (error !== 0) {
    const place = instance.getValue(error + 16, 'i32');
    const message = instance.UTF8ToString(instance.getValue(error, 'i32'));
    refusal = new SyntaxRefusal(message, place > 0 ? place - 1 : null);
  } else if (tree !== 0) json = instance.UTF8ToString(tree);
  instance._wasm_free_parse_result(result);
  if (refusal !== null) throw refusal;
  if (json === '') throw new Error('the parser gave no tree');
  return json;
}
