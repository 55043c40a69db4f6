#!/usr/bin/env -S node --disable-warning=ExperimentalWarning
/** The `countersign` command. */
import process from 'node:process';
import { commands } from './commands/index.ts';
import { isAtLeast } from './doctor/machine.ts';
import { exitCodes } from './exit-codes.ts';
import { runProgram } from './program.ts';
import { terminalOf } from './terminal/terminal.ts';
import { oldestNode } from './version.ts';

const node = process.versions.node;
if (!isAtLeast(node, oldestNode)) {
  process.stderr.write(`error Countersign needs Node ${oldestNode} or newer; this is ${node}.\n`);
  process.exit(exitCodes.usage);
}

const interrupt = new AbortController();
for (const name of ['SIGINT', 'SIGTERM'] as const)
  process.on(name, () => {
    // The first one lets the command put things in order, the second one does not wait for that.
    if (interrupt.signal.aborted) process.exit(exitCodes.interrupted);
    interrupt.abort();
  });
// The terminal was closed: what was started is put away, unless the command takes the signal for something else.
process.on('SIGHUP', () => {
  if (process.listenerCount('SIGHUP') === 1) interrupt.abort();
});

// Whoever read our output has seen enough.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(exitCodes.ok);
});
// A terminal that was closed fails on all three, and there is nobody left to be told.
for (const stream of [process.stdin, process.stderr]) stream.on('error', () => {});

const code = await runProgram(process.argv.slice(2), {
  terminal: terminalOf(process, process.env),
  signal: interrupt.signal,
  directory: process.cwd(),
  now: () => new Date(),
  commands,
});
// What was written has to be out before the process ends; nothing else is worth waiting for.
await Promise.all(
  [process.stdout, process.stderr].map(
    (stream) => new Promise<void>((done) => void stream.write('', () => done())),
  ),
);
process.exit(code);
