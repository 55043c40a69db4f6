/** What became of a write whose gateway died: a server can't be asked about a request, so nobody knows. */
import type { Recovered } from '../protocol.ts';

export const recovered: Recovered = Object.freeze({ outcome: 'unknown', ran: null });
