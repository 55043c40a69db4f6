/**
 * The words of Countersign as types, the schemas of its API, ids, digests and errors. No I/O.
 *
 * @module
 */
export * from './action.ts';
export * from './api/approvals.ts';
export * from './api/calls.ts';
export * from './api/changes.ts';
export * from './api/connections.ts';
export * from './api/operations.ts';
export * from './api/problem.ts';
export * from './api/record.ts';
export * from './api/runs.ts';
export * from './api/session.ts';
export * from './assert-never.ts';
export * from './call.ts';
export * from './decision.ts';
export * from './digest.ts';
export * from './effect.ts';
export * from './error.ts';
export * from './errors.ts';
export * from './finding.ts';
export * from './ids.ts';
export * from './input.ts';
export * from './json.ts';
export * from './json-path.ts';
export * from './ledger.ts';
export * from './lineage.ts';
export * from './mask.ts';
export * from './measured-effect.ts';
export * from './model-text.ts';
export * from './nearest.ts';
export * from './preview.ts';
export * from './principal.ts';
export * from './resource.ts';
export * from './result.ts';
export * from './strict-json.ts';
export * from './unknown-connection.ts';
export * from './visible-text.ts';
