/**
 * The approver's console, as files for the gateway to serve.
 *
 * @module
 */
export { type ConsoleFile, consoleFiles } from './files.ts';
