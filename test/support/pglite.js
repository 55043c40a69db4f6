// PGlite as tests load it: initdb, which costs a second or two of CPU, is run once and kept; every new database begins
// from a copy of what it made. Nothing else differs. Processes that a test starts load PGlite itself.
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { PGlite as Real } from '../../packages/gateway/node_modules/@electric-sql/pglite/dist/index.js';

export * from '../../packages/gateway/node_modules/@electric-sql/pglite/dist/index.js';

const { version } = JSON.parse(
  readFileSync(
    new URL('../../packages/gateway/node_modules/@electric-sql/pglite/package.json', import.meta.url),
  ),
);
const kept = new URL(`../../node_modules/.cache/countersign/pglite-${version}.tar`, import.meta.url).pathname;

async function image() {
  if (!existsSync(kept)) {
    const database = await Real.create();
    const made = Buffer.from(await (await database.dumpDataDir('none')).arrayBuffer());
    await database.close();
    mkdirSync(dirname(kept), { recursive: true });
    const own = `${kept}.${process.pid}`;
    writeFileSync(own, made);
    renameSync(own, kept);
  }
  return new Blob([readFileSync(kept)]);
}

const isNew = ({ dataDir, loadDataDir } = {}) =>
  loadDataDir === undefined && (dataDir === undefined || !existsSync(join(dataDir, 'PG_VERSION')));

export class PGlite extends Real {
  static async create(options = {}) {
    return await super.create(isNew(options) ? { ...options, loadDataDir: await image() } : options);
  }
}
