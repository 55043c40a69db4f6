import { describe, expect, test } from '@jest/globals';
import { base, env, load, people, shop } from './testing/load.ts';

describe('the file of the design', () => {
  const design = `
version: 1
server: { listen: 127.0.0.1:7400, data: .countersign, store: embedded }
people:
  dana: { groups: [dba], accounts: ["local:dana"] }
connections:
  shop-db:      { protocol: postgres, url: "\${SHOP_DB_URL}", labels: { env: production } }
  billing-api:  { protocol: http, base_url: https://billing.internal, auth: { bearer: "\${TOKEN}" }, labels: { env: production } }
  prod-cluster: { protocol: kubernetes, kubeconfig: "\${KUBECONFIG}", labels: { env: production } }
rules:
  - name: writes need a person
    connections: { labels: { env: production } }
    actions: [write]
    except: { resources: ["table:public.agent_notes"] }
    then: { ask: { approvers: [dba], votes: 1, vote_within: 1h, start_within: 10m } }
  - name: schema is not for agents
    actions: [schema, admin]
    then: deny
    message: Schema changes go through migrations.
masks:
  - { columns: [public.customers.ssn, "*.*.card_number"], with: redact, filter: deny }
  - { detect: [email, credit_card, secret], with: redact }
limits: { rows: 1000, bytes: 1MB, timeout: 30s }
`;
  test('is read whole', () => {
    const { policy, server, connections, warnings } = load(design);
    expect(warnings).toEqual([]);
    expect(server).toEqual({
      listen: { host: '127.0.0.1', port: 7400 },
      data: '/srv/app/.countersign',
      store: { kind: 'embedded' },
      tls: null,
      localOperator: true,
    });
    expect(policy.rules[0]).toEqual({
      name: 'writes need a person',
      connections: { labels: { env: 'production' } },
      actions: ['write'],
      except: { resources: ['table:public.agent_notes'] },
      // oxlint-disable-next-line unicorn/no-thenable -- the file's own word
      then: {
        verdict: 'ask',
        ask: { approvers: ['dba'], votes: 1, voteWithinMs: 3_600_000, startWithinMs: 600_000, reason: false },
      },
    });
    expect(policy.masks).toEqual([
      {
        name: 'masks[0]',
        domain: 'masks[0]',
        columns: ['public.customers.ssn', '*.*.card_number'],
        with: 'redact',
        filter: { verdict: 'deny' },
      },
      {
        name: 'masks[1]',
        domain: 'masks[1]',
        detect: ['email', 'credit_card', 'jwt', 'private_key', 'api_key'],
        detectNames: ['email', 'credit_card', 'secret'],
        with: 'redact',
        filter: { verdict: 'deny' },
      },
    ]);
    expect(connections.get('shop-db')).toMatchObject({
      name: 'shop-db',
      protocol: 'postgres',
      labels: { env: 'production' },
      throwaway: false,
      limits: { rows: 1000, bytes: 1_048_576, timeoutMs: 30_000 },
      settings: { url: env.SHOP_DB_URL },
    });
    expect(connections.get('billing-api')?.settings).toEqual({
      base_url: 'https://billing.internal',
      auth: { bearer: env.TOKEN },
    });
    expect(connections.get('prod-cluster')?.settings).toEqual({ kubeconfig: '/etc/kube' });
    expect(Object.isFrozen(policy.rules[0])).toBe(true);
  });

  test('all other keys are read', () => {
    const { policy, server, connections } = load(`
version: 1
server:
  listen: 0.0.0.0:7400
  store: "postgres://\${PASSWORD}@store/countersign"
  tls: { cert: tls/cert.pem, key: tls/key.pem }
  local_operator: false
people:
  dana: { groups: [dba], accounts: ["local:dana", "oidc:https://idp/123"] }
  unmapped_may_vote: true
connections:
  a:
    protocol: postgres
    logins: { wall: "\${SHOP_DB_URL}", read: "\${SHOP_DB_URL}", write: "\${SHOP_DB_URL}" }
    preview: trial
    trial_timeout: 500ms
    throwaway: true
    limits: { rows: 5, timeout: 1s }
  b: { protocol: http, base_url: "http://b/api", auth: { basic: { username: me, password: "\${PASSWORD}" } }, openapi: b.json, get_is_read: false, allow_addresses: [10.0.0.0/8] }
  c: { protocol: http, base_url: "http://c", auth: { header: { name: X-Key, value: "Token \${TOKEN}" } } }
  d: { protocol: http, base_url: "http://d", auth: { oauth2: { token_url: "https://idp/token", client_id: me, client_secret: "\${TOKEN}", scopes: [read] } } }
  e: { protocol: http, base_url: "http://e", auth: { mtls: { cert: c.pem, key: k.pem, ca: ca.pem } } }
  f: { protocol: kubernetes, kubeconfig: kube.yaml, unconfined: true, preview: trial }
rules:
  - who: { principals: ["agent:support"] }
    connections: { names: [a], protocols: [postgres] }
    then: allow
masks:
  - { columns: ["**"], with: tokenize, domain: people, filter: { ask: { approvers: [dba], reason: true } }, restore: false }
limits: { rows: 10, bytes: 512KB, timeout: 10s, rejection_memory: 2h, waiting_per_principal: 3, waiting_per_group: 4, asks_per_hour: 5 }
`);
    expect(server).toEqual({
      listen: { host: '0.0.0.0', port: 7400 },
      data: '/srv/app/.countersign',
      store: { kind: 'postgres', url: 'postgres://hunter2@store/countersign' },
      tls: { cert: '/srv/app/tls/cert.pem', key: '/srv/app/tls/key.pem' },
      localOperator: false,
    });
    expect(policy.unmappedMayVote).toBe(true);
    expect(policy.limits).toEqual({
      rows: 10,
      bytes: 524_288,
      timeoutMs: 10_000,
      rejectionMemoryMs: 7_200_000,
      waitingPerPrincipal: 3,
      waitingPerGroup: 4,
      asksPerHour: 5,
    });
    expect(policy.rules[0]?.name).toBe('rules[0]');
    expect(policy.masks[0]).toMatchObject({
      name: 'people',
      domain: 'people',
      filter: { verdict: 'ask', ask: { approvers: ['dba'], reason: true, voteWithinMs: 3_600_000 } },
    });
    expect(connections.get('a')).toMatchObject({
      throwaway: true,
      limits: { rows: 5, bytes: 524_288, timeoutMs: 1000, waitingPerGroup: 4 },
      settings: { preview: 'trial', trial_timeout: 500 },
    });
    expect(connections.get('b')?.settings).toMatchObject({ openapi: '/srv/app/b.json', get_is_read: false });
    expect(connections.get('c')?.settings).toMatchObject({
      auth: { header: { value: `Token ${env.TOKEN}` } },
    });
    expect(connections.get('e')?.settings).toMatchObject({ auth: { mtls: { key: '/srv/app/k.pem' } } });
    expect(connections.get('f')?.settings).toMatchObject({
      kubeconfig: '/srv/app/kube.yaml',
      unconfined: true,
    });
  });

  test('a file with nothing but a version allows nothing', () => {
    expect(load('version: 1').policy).toMatchObject({ rules: [], masks: [], limits: { rows: 1000 } });
  });
});

describe('warnings', () => {
  test('a group that nobody is in still asks', () => {
    const { policy, warnings } = load(`${base}rules: [{ then: { ask: { approvers: [nobody, dba] } } }]`);
    expect(warnings).toEqual(['countersign.yaml:6:37: nobody under people is in the group nobody']);
    expect(policy.rules[0]?.then).toMatchObject({ verdict: 'ask', ask: { approvers: ['dba', 'nobody'] } });
  });

  test('a label that no connection has, and two rules of one name', () => {
    const rule = '{ name: a, then: deny, connections: { labels: { env: prod } } }';
    expect(load(`${base}rules: [${rule}, { name: a, then: deny }]`).warnings).toEqual([
      'countersign.yaml:6:55: no connection has the label env: prod',
      'countersign.yaml:6:8: two rules are named "a"',
    ]);
  });
});

describe('the policy version', () => {
  const version = (text: string) => load(text).policy.version;
  const full = `${base}rules: [{ name: a, then: deny }]\nmasks: []\nlimits: { rows: 7 }\n`;

  test('is the digest of what decides, in RFC 8785 JSON', () => {
    // Made with Python: hashlib.sha256(b'countersign.policy.v1\n' + b'{"connections":[{"labels":{"env":"production"},
    // "name":"shop-db","protocol":"postgres"}],"limits":{"rows":7},"masks":[],"people":{"dana":{"accounts":["local:dana"],
    // "groups":["dba"]}},"rules":[{"name":"a","then":"deny"}]}').hexdigest(), the JSON written by hand, without the breaks.
    expect(version(full)).toBe('18f7f395b16d92d0cfef30cb8aeed5a9dc0b70e042ff6017b6026fcc8ddae79f');
  });

  test('does not change with the server, the settings of connections, comments or order', () => {
    const other = `# hello\nrules: [{ then: deny, name: a }]\n${shop.replace('${SHOP_DB_URL}', 'postgres://me@db/other')}${people}limits: { rows: 7 }\nmasks: []\nserver: { listen: 127.0.0.1:1 }\nversion: 1\n`;
    expect(version(other)).toBe(version(full));
  });

  test.each([
    full.replace('then: deny', 'then: allow'),
    full.replace('rows: 7', 'rows: 8'),
    full.replace('[dba]', '[dba, x]'),
    full.replace('env: production', 'env: test'),
    full.replace('shop-db', 'shop-bd'),
    full.replace('masks: []', 'masks: [{ detect: [email], with: redact }]'),
    full.replace('people:\n', 'people:\n  unmapped_may_vote: true\n'),
  ])('changes with what decides (%#)', (changed) => {
    expect(version(changed)).not.toBe(version(full));
  });
});

test('what is said of effects is read: trials, what an approval binds, and for how many rows a rule holds', () => {
  const { warnings, connections, policy } = load(`version: 1
people: { dana: { groups: [dba], accounts: ["local:dana"] } }
connections:
  shop-db: { protocol: postgres, url: "\${SHOP_DB_URL}", preview: trial, trial_timeout: 300ms, undone_by_rollback: ["public.audit()"] }
rules:
  - { actions: [write], then: { ask: { approvers: [dba], bind: counts, tolerance: 5 } } }
  - { actions: [write], when: { rows: "> 100" }, then: deny }
`);
  expect(warnings).toEqual([]);
  expect(connections.get('shop-db')?.settings).toMatchObject({
    preview: 'trial',
    trial_timeout: 300,
    undone_by_rollback: ['public.audit()'],
  });
  expect(policy.rules.map(({ when, then }) => [when, then])).toMatchObject([
    [undefined, { ask: { bind: 'counts', tolerance: 5 } }],
    [{ is: '>', rows: 100 }, { verdict: 'deny' }],
  ]);
});

test.each(['100', '> many', '! 5', '>= 1000000000'])('when: { rows: "%s" } is refused', (rows) => {
  expect(() => load(`version: 1\nrules: [{ when: { rows: "${rows}" }, then: deny }]`)).toThrow(
    'is no comparison',
  );
});
