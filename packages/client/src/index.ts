/**
 * A typed client of the Countersign gateway's API, over fetch.
 *
 * @module
 */

export { CountersignError, type ErrorCode } from '@countersign/core';
export { type Client, type ClientOptions, createClient } from './client.ts';
export { type ClientCredentialsOptions, clientCredentials } from './client-credentials.ts';
export type { Followed, FollowOptions } from './follow.ts';
export type { Streamed } from './streamed-rows.ts';
export { neverSent, type RequestOptions, type TokenSource } from './transport.ts';
