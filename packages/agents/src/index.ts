/**
 * Guarded tools for the OpenAI Agents SDK: an agent's calls go through a Countersign gateway, pause for people where
 * policy says so, and come back masked.
 *
 * @module
 */
export type { Client } from '@countersign/client';
export { type CallView, CountersignError, type ErrorCode, type ParkedRunView } from '@countersign/core';
export type { ApplyVotesOptions } from './apply-votes.ts';
export type { DecidedListener, OnOptions } from './decisions.ts';
export { type GatewayClient, type GatewayClientOptions, gatewayClient } from './gateway-client.ts';
export { type GuardedConnection, type GuardedToolOptions, guardedTool } from './guarded-tool.ts';
export type { ParkedRunOptions } from './parked-runs.ts';
export type { PendingCall } from './pending.ts';
export { type ResumeOptions, resumeWhenDecided } from './resume.ts';
export type { RunContextLike, RunResultLike, RunStateLike } from './sdk.ts';
