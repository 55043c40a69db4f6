/** What the approver sees of an HTTP call: the request as it will be sent, with the credential by its name. */
import { baseAction, visibleText } from '@countersign/core';
import type { Analysis, Preview } from '../protocol.ts';
import type { HttpRequest } from './input.ts';
import type { Reach } from './reach.ts';

export function preview(
  { settings }: Pick<Reach, 'settings'>,
  request: HttpRequest,
  analysis: Analysis,
): Preview {
  const { method, path, headers, body } = request;
  const { origin, basePath, authName } = settings;
  const lines = headers.map(([name, value]) => `${name}: ${value}`);
  return {
    input: [
      { label: 'request', text: visibleText(`${method} ${path}`) },
      ...(lines.length === 0 ? [] : [{ label: 'headers', text: visibleText(lines.join('\n')) }]),
      ...(body === null ? [] : [{ label: 'body', text: visibleText(body) }]),
    ],
    words: analysis.effects.map(
      ({ action, resource }) => `${verb(action)} ${resource.slice('http:'.length)}`,
    ),
    impact: {
      count: null,
      unit: 'requests',
      how: 'none',
      why: 'not tried: a server can’t take a request back',
    },
    notes: [
      `Sent to ${origin.origin}${basePath}${authName === null ? ', without a credential' : `, with the connection’s credential (${authName})`}.`,
    ],
  };
}

function verb(action: Analysis['effects'][number]['action']): string {
  if (action === 'write.delete') return 'deletes';
  return baseAction(action) === 'read' ? 'reads' : 'changes';
}
