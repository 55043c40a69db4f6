/** The gateway's API, as the page uses it: the session's cookie goes along by itself, the csrf value with every change. */
import type { Problem } from '@countersign/core';

/** The gateway refused, or could not be reached (`offline`). */
export class Refused extends Error {
  readonly code: string;
  readonly status: number;

  constructor(code: string, status: number, message: string) {
    super(message);
    this.code = code;
    this.status = status;
  }
}

let csrf = '';
let ahead = 0;

/** How far the gateway's clock is ahead of this one, to the second: clocks that count down are the gateway's. Milliseconds. */
export const gatewayAhead = (): number => ahead;

/** Told once somebody is signed in. */
export function useCsrf(value: string): void {
  csrf = value;
}

/** How long after somebody's last key or touch the page asks for them, and not by itself. Milliseconds. */
const thereForMs = 60_000;
let lastThere = Date.now();
for (const sign of ['keydown', 'click', 'input', 'pointermove', 'wheel', 'touchmove'])
  addEventListener(
    sign,
    () => {
      lastThere = Date.now();
    },
    { capture: true, passive: true },
  );

export const get = <T>(path: string, signal?: AbortSignal): Promise<T> =>
  ask<T>('GET', path, undefined, signal);
export const post = <T>(path: string, body?: unknown): Promise<T> => ask<T>('POST', path, body);
export const del = <T>(path: string): Promise<T> => ask<T>('DELETE', path);

async function ask<T>(method: string, path: string, body?: unknown, signal?: AbortSignal): Promise<T> {
  const headers: Record<string, string> = { accept: 'application/json' };
  // A page that is left open keeps no session going.
  if (Date.now() - lastThere > thereForMs) headers['x-countersign-idle'] = '1';
  if (method !== 'GET') headers['x-countersign-csrf'] = csrf;
  if (body !== undefined) headers['content-type'] = 'application/json';
  const answer = await fetch(path, {
    method,
    headers,
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    ...(signal === undefined ? {} : { signal }),
    credentials: 'same-origin',
    redirect: 'error',
    cache: 'no-store',
  }).catch((cause: unknown) => {
    if (signal?.aborted === true) throw cause;
    throw new Refused('offline', 0, 'The gateway can’t be reached. What you see may be out of date.');
  });
  const date = Date.parse(answer.headers.get('date') ?? '');
  if (!Number.isNaN(date) && Math.abs(date - Date.now() - ahead) > 1500) ahead = date - Date.now();
  const text = await answer.text();
  if (answer.ok) return (text === '' ? null : JSON.parse(text)) as T;
  throw refusal(answer.status, text);
}

function refusal(status: number, text: string): Refused {
  try {
    const { error } = JSON.parse(text) as Problem;
    return new Refused(error.code, status, error.message);
  } catch {
    return new Refused(
      'unreadable',
      status,
      `The gateway answered with ${status} and nothing that can be read.`,
    );
  }
}
