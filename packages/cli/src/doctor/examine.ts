/** Looks at everything, each part by itself: what is wrong with one does not hide the others. */
import process from 'node:process';
import { type Finding, problem } from '@countersign/core';
import { type Inspection, inspectIssuer, inspectStore, inspectTarget } from '@countersign/gateway';
import {
  type ConnectionConfig,
  type LoadedFile,
  type Policy,
  reviewNames,
  reviewPolicy,
  reviewWalls,
} from '@countersign/policy';
import type { Host } from '../options.ts';
import { isStandIn } from '../policy-file.ts';
import { lookAtGateway } from './gateway.ts';
import { loadForReview } from './load.ts';
import { reviewVersions } from './machine.ts';
import { type Report, reportOf, type Section } from './report.ts';

/** @param path The policy file, as the command line names it. */
export async function examine(host: Host, path: string): Promise<Report> {
  const versions: Section = { about: 'versions', findings: reviewVersions(process.versions.node) };
  const { file, findings } = await loadForReview(host, path);
  if (file === null) return reportOf(false, [versions, { about: 'policy', findings }]);
  const [own, issuers, targets] = await Promise.all([
    lookAtOwn(host, file),
    lookAtIssuers(file, host.signal),
    lookAtTargets(file, host.signal),
  ]);
  const policy = [...findings, ...reviewPolicy(file), ...compared(file, targets)];
  return reportOf(true, [
    versions,
    { about: 'policy', findings: policy },
    ...own,
    ...issuers,
    ...[...targets].map(([name, target]) => ({ about: `connection ${name}`, findings: target.findings })),
  ]);
}

async function lookAtOwn({ terminal, signal }: Host, { server }: LoadedFile): Promise<readonly Section[]> {
  const { alive, findings } = await lookAtGateway(server.data, signal);
  const keys = terminal.env['COUNTERSIGN_KEYS'];
  const store = await inspectStore(server, { gatewayAlive: alive, keys, signal });
  return [
    { about: 'gateway', findings },
    { about: 'store', findings: store },
  ];
}

function lookAtIssuers({ policy, server }: LoadedFile, signal: AbortSignal): Promise<readonly Section[]> {
  const { issuers, publicUrl } = policy.identity;
  const { host, port } = server.listen;
  const own = `${server.tls === null ? 'http' : 'https'}://${host.includes(':') ? `[${host}]` : host}:${port}`;
  const looks = [...issuers.values()].map(async (issuer) => ({
    about: `issuer ${issuer.name}`,
    findings: await inspectIssuer(issuer, publicUrl ?? own, signal),
  }));
  return Promise.all(looks);
}

async function lookAtTargets(
  { connections, policy }: LoadedFile,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, Inspection>> {
  const looks = [...connections.values()].map(
    async (config) => [config.name, await lookAt(config, policy, signal)] as const,
  );
  return new Map(await Promise.all(looks));
}

async function lookAt(config: ConnectionConfig, policy: Policy, signal: AbortSignal): Promise<Inspection> {
  if (!isStandIn(config.settings)) return await inspectTarget(config, signal, undefined, policy);
  const unset = problem(
    'target.variable',
    'a variable that its settings name is not set, so it can’t be looked at',
    'Set it, and run this again.',
  );
  return { findings: [unset], columns: null, wallReads: null };
}

/** What the file says, compared with what the targets have. */
function compared(file: LoadedFile, targets: ReadonlyMap<string, Inspection>): readonly Finding[] {
  return [
    ...reviewNames(
      file,
      known(targets, ({ columns }) => columns),
    ),
    ...reviewWalls(
      file,
      known(targets, ({ wallReads }) => wallReads),
    ),
  ];
}

function known<T>(
  targets: ReadonlyMap<string, Inspection>,
  pick: (target: Inspection) => T | null,
): ReadonlyMap<string, T> {
  return new Map(
    [...targets].flatMap(([name, target]) => {
      const value = pick(target);
      return value === null ? [] : [[name, value] as const];
    }),
  );
}
