// Jest transform: Node's own type stripping. It keeps every line and column, so no source map is needed.
import { createHash } from 'node:crypto';
import { stripTypeScriptTypes } from 'node:module';

export default {
  process: (source) => ({ code: stripTypeScriptTypes(source, { mode: 'strip' }) }),
  getCacheKey: (source, path) =>
    createHash('sha256').update(`1\0${process.version}\0${path}\0${source}`).digest('hex'),
};
