// PGlite as tests load it: initdb, which costs a second or two of CPU, is run once and kept, without the two template
// databases that nobody uses; every new database begins from a copy of what it made. What PGlite reads at each start is
// read, and compiled, once for a test file. Nothing else differs. A process that a test starts
// loads PGlite itself, unless it is given `kept-pglite.ts`.
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { PGlite as Real } from '../../packages/gateway/node_modules/@electric-sql/pglite/dist/index.js';

export * from '../../packages/gateway/node_modules/@electric-sql/pglite/dist/index.js';

const part = (name) =>
  new URL(`../../packages/gateway/node_modules/@electric-sql/pglite/${name}`, import.meta.url).pathname;
const { version } = JSON.parse(readFileSync(part('package.json'), 'utf8'));
const kept = new URL(`../../node_modules/.cache/countersign/pglite-${version}-alone.tar`, import.meta.url)
  .pathname;

/** A file as PGlite takes a Blob, without the copies that a Blob makes at each read. */
function blobOf(path) {
  const { buffer, byteOffset, byteLength } = readFileSync(path);
  const whole = buffer.slice(byteOffset, byteOffset + byteLength);
  return { type: '', arrayBuffer: async () => whole };
}

async function makeImage() {
  const database = await Real.create();
  await database.exec("update pg_database set datistemplate = false where datname like 'template_'");
  for (const name of ['template0', 'template1']) await database.exec(`drop database ${name}`);
  const made = Buffer.from(await (await database.dumpDataDir('none')).arrayBuffer());
  await database.close();
  mkdirSync(dirname(kept), { recursive: true });
  const own = `${kept}.${process.pid}`;
  writeFileSync(own, made);
  renameSync(own, kept);
}

let image;
async function newDatabase() {
  if (!existsSync(kept)) await makeImage();
  return (image ??= blobOf(kept));
}

let parts;
async function partsOf() {
  return {
    wasmModule: await WebAssembly.compile(readFileSync(part('dist/pglite.wasm'))),
    fsBundle: blobOf(part('dist/pglite.data')),
  };
}

const isNew = ({ dataDir, loadDataDir } = {}) =>
  loadDataDir === undefined && (dataDir === undefined || !existsSync(join(dataDir, 'PG_VERSION')));

export class PGlite extends Real {
  static async create(options = {}) {
    const given = { ...(await (parts ??= partsOf())), ...options };
    return await super.create(isNew(options) ? { ...given, loadDataDir: await newDatabase() } : given);
  }
}
