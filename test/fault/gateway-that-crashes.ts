/**
 * A gateway in a process of its own that ends itself, as `kill -9` would, the first time it reaches a moment.
 * Arguments: the folder with countersign.yaml, and the moment.
 */
import { readFileSync } from 'node:fs';
import { flushCompileCache } from 'node:module';
import { join } from 'node:path';
import { startGateway, systemRuntime } from '@countersign/gateway';
import { parsePolicyFile } from '@countersign/policy';

const [folder = '', moment = ''] = process.argv.slice(2);
const text = readFileSync(join(folder, 'countersign.yaml'), 'utf8');
// What it does at its start is not what is to be interrupted, but for recovery, which is done there.
let armed = moment.startsWith('recover.');
const runtime = {
  ...systemRuntime,
  reached: (point: string) => {
    if (armed && point === moment) process.kill(process.pid, 'SIGKILL');
  },
};
await startGateway({
  file: parsePolicyFile(text, { file: 'countersign.yaml', env: process.env, directory: folder }),
  listen: { host: '127.0.0.1', port: 0 },
  logLevel: 'silent',
  runtime,
});
armed = true;
// Who dies by a signal leaves no cache behind for the next one.
flushCompileCache();
