/**
 * Headers of requests and answers, by allow-list. Of kubectl's only what it accepts goes on, and the type of what it
 * sends: no user to impersonate, no credential, nothing of the connection.
 */
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import type { ApiRequest } from '../api-request.ts';

type Header = readonly [name: string, value: string];

export function requestHeaders(request: ApiRequest, headers: IncomingHttpHeaders): readonly Header[] {
  const type = headers['content-type'] ?? json;
  return [
    ['accept', request.verb === 'discover' ? asItIs(headers.accept) : accepted(headers.accept)],
    ['accept-encoding', headers['accept-encoding']?.includes('gzip') === true ? 'gzip' : 'identity'],
    ['user-agent', 'countersign'],
    ...(request.body === undefined ? [] : [['content-type', type] as const]),
  ];
}

/** What tells of the API holds no values, and may come in any form. */
const asItIs = (accept: string | undefined): string =>
  accept !== undefined && /^[\x21-\x7e ]{1,1000}$/.test(accept) ? accept : json;

const json = 'application/json';

/** JSON and tables in JSON, in the order in which they were asked for: no other form can be looked through. */
function accepted(accept: string | undefined): string {
  const kept = (accept ?? json)
    .split(',')
    .map((range) => range.trim().toLowerCase().split(';'))
    .filter(([type]) => type?.trim() === json)
    .map(([, ...parameters]) => parameters.map((parameter) => parameter.trim()))
    .filter((parameters) => parameters.every(isTable))
    .map((parameters) => [json, ...parameters.map(spelled)].join(';'));
  return [...new Set([...kept, ...(kept.includes(json) ? [] : [json])])].join(',');
}

const isTable = (parameter: string): boolean =>
  /^(?:as=(?:table|partialobjectmetadata(?:list)?)|v=v1(?:beta1)?|g=meta\.k8s\.io)$/.test(parameter);

const spelled = (parameter: string): string =>
  parameter
    .replace('as=table', 'as=Table')
    .replace(/as=partialobjectmetadata(list)?/, (_, list) =>
      list === undefined ? 'as=PartialObjectMetadata' : 'as=PartialObjectMetadataList',
    );

/** What of the answer's headers kubectl gets. @param clean What is left of a text. */
export function answerHeaders(
  { headers }: IncomingMessage,
  clean: (text: string) => string,
): Record<string, string> {
  const { 'content-type': type, 'retry-after': later, warning } = headers;
  return {
    ...(type === undefined ? {} : { 'content-type': type }),
    ...(later === undefined || !/^\d{1,6}$/.test(later) ? {} : { 'retry-after': later }),
    ...(typeof warning === 'string' ? { warning: clean(warning) } : {}),
    'cache-control': 'no-store',
  };
}

/** Whether an answer is JSON by its own account. */
export const isJson = ({ headers }: IncomingMessage): boolean =>
  /^application\/(?:[a-z0-9.-]+\+)?json\s*(?:;|$)/i.test(headers['content-type'] ?? '');
