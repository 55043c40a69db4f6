/** Names of objects and namespaces, checked before they become part of a resource's name or of a path of the API. */
import { CountersignError } from '@countersign/core';

/** A DNS label. @throws {CountersignError} `malformed`. */
export function checkNamespace(name: string): string {
  if (!/^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/.test(name))
    throw new CountersignError('malformed', {
      what: `the namespace "${name.slice(0, 60)}"`,
      expected: 'small letters, digits and -',
    });
  return name;
}

/** What may stand in a path of the API: `system:node` is a name, too. @throws {CountersignError} `malformed`. */
export function checkName(name: string): string {
  if (!/^[A-Za-z0-9](?:[A-Za-z0-9._:-]{0,251}[A-Za-z0-9])?$/.test(name))
    throw new CountersignError('malformed', {
      what: `the name "${name.slice(0, 60)}"`,
      expected: 'letters, digits, and - . : between them',
    });
  return name;
}
