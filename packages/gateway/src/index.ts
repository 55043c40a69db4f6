/**
 * The Countersign gateway: judges, asks, executes, masks and records.
 *
 * @module
 */

export type { PageFile, PageFiles } from './api/console-routes.ts';
export type { RateLimits } from './api/gate.ts';
export type { Explained } from './calls/explain.ts';
export type { Log } from './calls/room.ts';
export type { RunAnswer } from './calls/run-once.ts';
export { inspectIssuer } from './doctor/inspect-issuer.ts';
export { type InspectStoreOptions, inspectNote, inspectStore } from './doctor/inspect-store.ts';
export { inspectTarget } from './doctor/inspect-target.ts';
export { type Engine, type EngineOptions, openEngine } from './engine.ts';
export { type Explainer, openExplainer } from './explainer.ts';
export { type Gateway, type GatewayOptions, startGateway } from './gateway.ts';
export type { Keys } from './ledger/keys.ts';
export { type Verification, type VerifyOptions, verifyLedger } from './ledger/verify.ts';
export { type SchemaAnalyser, schemaAnalyser } from './protocols/postgres/schema-analyser.ts';
export { type Setup, setupPostgres } from './protocols/postgres/setup/setup.ts';
export type { Inspection } from './protocols/protocol.ts';
export { requestAnalysis } from './protocols/request-analysis.ts';
export { type CrashPoint, crashPoints, type Runtime, systemRuntime } from './runtime/runtime.ts';
export type { Store } from './store/store.ts';
