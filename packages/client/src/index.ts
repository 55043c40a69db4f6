/**
 * A typed client of the Countersign gateway's API, over fetch.
 *
 * @module
 */
export { type Client, type ClientOptions, createClient } from './client.ts';
export { neverSent, type RequestOptions, type TokenSource } from './transport.ts';
