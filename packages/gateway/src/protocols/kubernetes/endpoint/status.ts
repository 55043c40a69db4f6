/** What the API server says instead of an object: kubectl prints its message. */

const reasons: ReadonlyMap<number, string> = new Map([
  [400, 'BadRequest'],
  [401, 'Unauthorized'],
  [403, 'Forbidden'],
  [406, 'NotAcceptable'],
  [413, 'RequestEntityTooLarge'],
  [502, 'InternalError'],
  [503, 'ServiceUnavailable'],
]);

/** A failure, as JSON. @param message For the agent: holds nothing of the cluster's. */
export function statusBody(code: number, message: string): Buffer {
  const reason = reasons.get(code) ?? 'InternalError';
  return Buffer.from(
    JSON.stringify({
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      message,
      reason,
      code,
    }),
  );
}
