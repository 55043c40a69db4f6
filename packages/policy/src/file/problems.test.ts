import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { PolicyFileError } from './report.ts';
import { base, load, problemsOf } from './testing/load.ts';

describe('what is wrong is told with its place, what was expected, and the nearest right key', () => {
  test('all problems at once, in the order of the file', () => {
    expect(
      problemsOf(`${base}rules:
  - nmae: a
    actions: [wirte]
    then: alow
  - then: { ask: { aprovers: [dba] } }
limitz: {}
`),
    ).toEqual([
      'countersign.yaml:7:5: unknown key "nmae" in a rule; expected one of name, who, connections, actions, resources, except, when, then, message; did you mean "name"?',
      'countersign.yaml:8:15: "wirte" is no action; expected one of read, write, schema, admin, execute, secret; did you mean "write"?',
      'countersign.yaml:9:11: "alow" is not known here; expected one of allow, deny, ask; did you mean "allow"?',
      'countersign.yaml:10:18: ask has no "approvers"; expected "approvers"',
      'countersign.yaml:10:20: unknown key "aprovers" in ask; expected one of approvers, votes, vote_within, start_within, remind, reason, fresh, bind, tolerance; did you mean "approvers"?',
      'countersign.yaml:11:1: unknown key "limitz"; expected one of version, server, identity, people, connections, webhooks, rules, masks, limits; did you mean "limits"?',
    ]);
  });

  test('the parts of a problem are data', () => {
    try {
      load('version: 1\nserevr: {}');
    } catch (error) {
      expect((error as PolicyFileError).problems).toEqual([
        {
          file: 'countersign.yaml',
          line: 2,
          column: 1,
          message: 'unknown key "serevr"',
          expected: 'one of version, server, identity, people, connections, webhooks, rules, masks, limits',
          nearest: 'server',
        },
      ]);
    }
    expect.assertions(1);
  });

  test.each([
    [
      '',
      '1:1: no policy file; expected a mapping with version, server, identity, people, connections, webhooks, rules, masks, limits',
    ],
    ['rules: []', '1:1: the file has no "version"; expected version: 1'],
    ['version: 2', '1:10: 2 is out of range; expected version: 1'],
    ['version: 1\nversion: 1', '2:1: this key stands twice in one mapping'],
    ['version: 1\n__proto__: {}', '2:1: the key "__proto__" is refused'],
    [
      'version: 1\nserver: { listen: 0.0.0.0:7400 }',
      '2:19: 0.0.0.0 is reachable from other machines; expected a loopback address such as 127.0.0.1, or server.tls',
    ],
    [
      'version: 1\nserver: { listen: "7400" }',
      '2:19: no address to listen on; expected host:port, as in 127.0.0.1:7400',
    ],
    ['version: 1\nserver: { store: mysql }', '2:18: no store; expected embedded, or a postgres:// URL'],
    ['version: 1\nrules: [{ then: { ask: {} } }]', '2:24: ask has no "approvers"; expected "approvers"'],
    [
      'version: 1\nrules: [{ then: { ask: { approvers: [] } } }]',
      '2:37: the list is empty; expected at least one of groups of approvers, or no such key',
    ],
    [
      'version: 1\nrules: [{ then: ask }]',
      '2:17: "ask" without approvers; expected ask: { approvers: [GROUP] }',
    ],
    ['version: 1\nrules: [{ name: x }]', '2:9: a rule has no "then"; expected "then"'],
    [
      'version: 1\nrules: [{ then: { ask: { approvers: [a], vote_within: 31d } } }]',
      '2:55: "31d" is out of range; expected a duration like 30s, 10m or 1h, at most 30d',
    ],
    [
      'version: 1\nrules: [{ then: { ask: { approvers: [a], vote_within: 60 } } }]',
      '2:55: found a number; expected a duration like 30s, 10m or 1h, at most 30d',
    ],
    [
      'version: 1\nrules: [{ then: { ask: { approvers: [a], vote_within: 1 hour } } }]',
      '2:55: "1 hour" has another form; expected a duration like 30s, 10m or 1h, at most 30d',
    ],
    [
      'version: 1\nrules: [{ then: { ask: { approvers: [a], votes: 0 } } }]',
      '2:49: 0 is out of range; expected votes: a whole number from 1 to 100',
    ],
    [
      'version: 1\nrules: [{ then: allow, resources: ["tabel:a.b"] }]',
      '2:36: "tabel:a.b" names no known kind of resource; expected one like table:public.orders, column:public.customers.ssn, function:, http:/v1/**, k8s:; did you mean "table"?',
    ],
    [
      'version: 1\nrules: [{ then: allow, resources: ["table:public.a%2"] }]',
      '2:36: a broken percent-encoding; expected % and two hex digits, as in %2E',
    ],
    [
      'version: 1\nrules: [{ then: allow, except: {} }]',
      '2:32: an empty "except" would take everything out; expected who, connections, actions or resources',
    ],
    [
      'version: 1\nrules: [{ then: allow, message: "${X}" }]',
      '2:33: ${…} is filled in under server and in the settings of connections only; expected a message for the model',
    ],
    [
      'version: 1\nmasks: [{ with: redact }]',
      '2:9: a mask that hides nothing; expected "columns", "detect" or "json_paths"',
    ],
    [
      'version: 1\nmasks: [{ columns: [a.b.c], with: hash, restore: true }]',
      '2:9: "restore: true" is about tokens of columns; expected "with: tokenize" and "columns" beside it',
    ],
    [
      'version: 1\nmasks: [{ detect: [emial], with: redact }]',
      '2:20: "emial" is not known here; expected one of email, phone, credit_card, iban, us_ssn, ip_address, jwt, private_key, api_key, secret; did you mean "email"?',
    ],
    [
      'version: 1\nmasks: [{ columns: [customers.ssn], with: redact }]',
      '2:21: "customers.ssn" has another form; expected SCHEMA.TABLE.COLUMN, where * may stand for any one of them, and other characters in a name as %2E',
    ],
    [
      'version: 1\nlimits: { bytes: 1mb }',
      '2:18: "1mb" has another form; expected a size like 512KB or 1MB, at most 1GB',
    ],
    [
      'version: 1\npeople: { a: { accounts: ["x:1"] }, b: { accounts: ["x:1"] } }',
      "2:37: the account x:1 is a's already",
    ],
    [
      'version: 1\npeople: { Dana: {} }',
      '2:11: "Dana" can\'t be the name of a person; expected a-z 0-9 _ . @ -, at most 64, the first a letter or digit',
    ],
    [
      'version: 1\nconnections: { a: { protocl: http } }',
      '2:19: a connection has no "protocol"; expected protocol: postgres, http, kubernetes',
    ],
    [
      'version: 1\nconnections: { a: { protocol: postgres } }',
      '2:19: a postgres connection has no "url"; expected one of url, logins',
    ],
    [
      'version: 1\nconnections: { a: { protocol: http, base_url: "ftp://x" } }',
      '2:47: this is no base URL; expected http(s)://HOST/PATH without user, query and fragment; credentials go under auth',
    ],
    [
      'version: 1\nconnections: { a: { protocol: http, base_url: "http://x", url: "y" } }',
      '2:59: unknown key "url" in an http connection; expected one of protocol, labels, limits, throwaway, base_url, auth, openapi, graphql, get_is_read, allow_addresses, allow_headers, binary_bodies, preview',
    ],
    [
      `${base}rules: [{ then: allow, connections: { names: [shop-bd] } }]`,
      '6:47: there is no connection "shop-bd"; expected shop-db; did you mean "shop-db"?',
    ],
    [
      'version: 1\nconnections: { a: { protocol: http, base_url: "http://x", allow_addresses: [10.0.0.0/33] } }',
      '2:77: "10.0.0.0/33" is no address; expected an IP address, or a range like 10.0.0.0/8',
    ],
    ['version: 1\nrules: { a: b }', '2:8: found a mapping; expected a list'],
    [
      'version: 1\nrules: [',
      'Flow sequence in block collection must be sufficiently indented and end with a ]',
    ],
    ['version: 1\nrules: !secret x', 'Unresolved tag: !secret'],
    ['version: 1\npeople: { a: { groups: ["a\\ud800"] } }', '2:25: text that is not well-formed unicode'],
    ['version: 1\npeople: { a: { groups: ["a\\0"] } }', '2:25: text that is not well-formed unicode'],
    ['version: 1\nserver: { listen: "127.999.1.1:1" }', '2:19: 127.999.1.1 is reachable from other machines'],
    ['version: 1\nrules: *nowhere', '2:8: an alias without its anchor; expected &nowhere before it'],
  ])('%j', (text, message) => {
    const problems = problemsOf(text);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatch(/^countersign\.yaml:\d+:\d+: /);
    expect(problems[0]).toContain(message);
  });

  test.each(['a', '$.', '$[1:2]', '$[?(@.a)]'])('%j is no JSON path', (path) => {
    expect(problemsOf(`${base}masks: [{ json_paths: ["${path}"], with: redact }]`).join('\n')).toContain(
      `"${path}" is no JSON path; expected one like $.customer.email`,
    );
  });
});

describe('a file made to hurt', () => {
  test('whatever a file says, it is read or refused with its problems', () => {
    const words = [
      'version: 1',
      'rules:',
      'masks:',
      'people:',
      'connections:',
      'limits:',
      'server:',
      '  - ',
      '  ',
      '\n',
      '{',
      '}',
      '[',
      ']',
      ', ',
      ': ',
      '&a',
      '*a',
      '!!str ',
      '? ',
      '<<: ',
      '"',
      '|',
      '\n  x',
      'then: ',
      'allow',
      'ask: ',
      'name',
      'columns: ',
      '1',
      'null',
      '~',
      '.inf',
      '${A}',
      '\t',
      '#',
      '---',
      '%YAML 1.1',
      '\u0000',
      '\ud800',
    ];
    const texts = fc.oneof(
      fc.array(fc.constantFrom(...words), { maxLength: 20 }).map((parts) => parts.join('')),
      fc
        .array(fc.constantFrom(...words), { maxLength: 6 })
        .map((parts) => `${base}rules:\n  - ${parts.join('')}`),
      fc.string({ unit: 'binary' }),
    );
    fc.assert(
      fc.property(texts, (text) => {
        // Throws whatever is not an error of the file.
        expect(Array.isArray(problemsOf(text))).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });

  test('aliases that unfold are bounded', () => {
    const lines = ['a0: &a0 [x,x,x,x,x,x,x,x,x,x]'];
    for (let i = 1; i < 12; i++)
      lines.push(`a${i}: &a${i} [${Array.from({ length: 10 }, () => `*a${i - 1}`).join(',')}]`);
    const start = performance.now();
    expect(problemsOf(lines.join('\n')).join('\n')).toContain('the file unfolds into too many values');
    expect(performance.now() - start).toBeLessThan(15_000);
  });

  test('an alias of itself, deep nesting and a large file are refused', () => {
    expect(problemsOf('version: 1\nrules: &a [*a]').join('\n')).toContain('more than 24 levels');
    expect(problemsOf('['.repeat(100_000)).length).toBeGreaterThan(0);
    expect(problemsOf(`version: 1 # ${'x'.repeat(1024 * 1024)}`)).toEqual([
      'countersign.yaml:1:1: the file is larger than 1 MB; expected at most 1 MB',
    ]);
  });

  test.each(['__proto__', 'constructor', 'prototype'])('never 51: %s is no name', (name) => {
    expect(problemsOf(`version: 1\npeople: { ${name}: {} }`)[0]).toContain(`the key "${name}" is refused`);
    expect(
      problemsOf(
        `version: 1\nconnections: { a: { protocol: http, base_url: "http://x", labels: { ${name}: x } } }`,
      )[0],
    ).toContain(`the key "${name}" is refused`);
  });

  test('never 51: names that objects inherit are names like any other', () => {
    expect(problemsOf('version: 1\ntoString: {}')[0]).toContain('unknown key "toString"');
    const { connections } = load(
      `version: 1\nconnections: { tostring: { protocol: http, base_url: "http://x", labels: { toString: x } } }`,
    );
    expect(connections.get('tostring')?.labels).toEqual({ toString: 'x' });
  });
});
