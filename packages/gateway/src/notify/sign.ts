/** Signs what a webhook is told, as Standard Webhooks has it: HMAC-SHA256 over the id, the second and the body. */
import { createHmac } from 'node:crypto';

/** @param secret The key, base64. @param seconds Since the epoch. */
export function signed(
  secret: string,
  id: string,
  seconds: number,
  body: string,
): readonly (readonly [string, string])[] {
  const signature = createHmac('sha256', Buffer.from(secret, 'base64'))
    .update(`${id}.${seconds}.${body}`)
    .digest('base64');
  return [
    ['webhook-id', id],
    ['webhook-timestamp', String(seconds)],
    ['webhook-signature', `v1,${signature}`],
  ];
}
