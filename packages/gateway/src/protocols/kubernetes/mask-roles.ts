/** What a value is within an answer of an API server, told on the way down to it. */

/**
 * `event` of a watch · `answer`, an object or a list of them · `items` of a list · `rows` of a table, a `row`, its `cells`
 * and a `cell` ·
 * `object` where paths begin · `metadata` and `annotations` of one · `applied`, the text of what was applied before ·
 * `secret`, what is hidden whatever it is, `secret bytes` where it has to be base64, and maps of those · `bytes`, other
 * base64 · `token`, what holds one · `plain`, what kubectl has to send back as it is · `other`
 */
export type Role =
  | 'event'
  | 'answer'
  | 'items'
  | 'rows'
  | 'row'
  | 'cells'
  | 'cell'
  | 'object'
  | 'metadata'
  | 'annotations'
  | 'applied'
  | 'secret'
  | 'secret map'
  | 'secret bytes'
  | 'secret bytes map'
  | 'bytes'
  | 'bytes map'
  | 'token'
  | 'plain'
  | 'other';

const lastApplied = 'kubectl.kubernetes.io/last-applied-configuration';

/** Says which object and which state of it: without these nothing could be updated, and no list go on. */
const plainMetadata: ReadonlySet<string> = new Set([
  'uid',
  'resourceVersion',
  'continue',
  'creationTimestamp',
]);

type OfMember = (key: string, secret: boolean, token: boolean) => Role;

const members: Partial<Readonly<Record<Role, OfMember>>> = {
  // What comes instead of an event is an answer.
  event: (key, secret, token) => (key === 'object' ? 'answer' : ofAnswer(key, secret, token)),
  answer: (...member) => ofAnswer(...member),
  object: ofObject,
  row: (key) => (key === 'object' || key === 'cells' ? key : 'other'),
  metadata: (key) => (plainMetadata.has(key) ? 'plain' : key === 'annotations' ? 'annotations' : 'other'),
  annotations: (key) => (key === lastApplied ? 'applied' : 'other'),
  'secret map': () => 'secret',
  'secret bytes map': () => 'secret bytes',
  'bytes map': () => 'bytes',
  token: (key) => (key === 'token' ? 'secret' : 'other'),
};

/** @param secret Whether the object is a Secret. @param token Whether it holds a token of a service account. */
export const memberRole = (role: Role, key: string, secret: boolean, token: boolean): Role =>
  members[role]?.(key, secret, token) ?? 'other';

function ofAnswer(key: string, secret: boolean, token: boolean): Role {
  return key === 'items' || key === 'rows' ? key : ofObject(key, secret, token);
}

function ofObject(key: string, secret: boolean, token: boolean): Role {
  switch (key) {
    case 'kind':
    case 'apiVersion':
      return 'plain';
    case 'metadata':
      return 'metadata';
    case 'data':
      return secret ? 'secret bytes map' : 'other';
    case 'stringData':
      return secret ? 'secret map' : 'other';
    case 'binaryData':
      return 'bytes map';
    case 'status':
      return token ? 'token' : 'other';
    default:
      return 'other';
  }
}

export function itemRole(role: Role): Role {
  if (role === 'items') return 'object';
  if (role === 'cells') return 'cell';
  return role === 'rows' ? 'row' : 'other';
}

/** Whether it has to be an object: anything else in its place is hidden. */
export const isSecretMap = (role: Role): boolean => role === 'secret map' || role === 'secret bytes map';
