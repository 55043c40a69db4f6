/** A short example for each mapping of the policy file, by the section of the reference that shows it. */
export const examples: ReadonlyMap<string, string> = new Map([
  [
    'server',
    `server: { listen: 0.0.0.0:7400, data: /var/lib/countersign, store: "\${STORE_URL}", tls: { cert: tls.crt, key: tls.key } }
`,
  ],
  ['server.tls', 'server: { listen: 0.0.0.0:7400, tls: { cert: tls.crt, key: tls.key } }\n'],
  [
    'people',
    `people:
  unmapped_may_vote: false
  dana: { groups: [dba], accounts: ["local:dana"] }
`,
  ],
  ['people.NAME', 'people: { dana: { groups: [dba, finance], accounts: ["local:dana"] } }\n'],
  [
    'connections.NAME (postgres)',
    `connections:
  shop-db: { protocol: postgres, url: "\${SHOP_DB_URL}", labels: { env: production }, preview: estimate }
  scratch: { protocol: postgres, url: postgres://agent@localhost/scratch, throwaway: true }
`,
  ],
  [
    'connections.NAME (postgres).limits',
    `connections:
  shop-db: { protocol: postgres, url: "\${SHOP_DB_URL}", limits: { rows: 200, bytes: 512KB, timeout: 10s } }
`,
  ],
  [
    'connections.NAME (postgres).logins',
    `connections:
  shop-db: { protocol: postgres, logins: { wall: "\${SHOP_WALL}", read: "\${SHOP_READ}", write: "\${SHOP_WRITE}" } }
`,
  ],
  [
    'connections.NAME (http)',
    `connections:
  billing-api:
    protocol: http
    base_url: https://billing.internal/api
    auth: { bearer: "\${BILLING_TOKEN}" }
    allow_addresses: [10.0.0.0/8]
`,
  ],
  [
    'connections.NAME (kubernetes)',
    `connections:
  prod-cluster: { protocol: kubernetes, kubeconfig: "\${KUBECONFIG}", labels: { env: production } }
`,
  ],
  [
    'rules[]',
    `people: { dana: { groups: [dba] } }
rules:
  - name: writes need a dba
    who: { groups: [agents] }
    actions: [write]
    except: { resources: ["table:public.agent_notes"] }
    then: { ask: { approvers: [dba] } }
  - name: schema is not for agents
    actions: [schema, admin]
    then: deny
    message: Schema changes go through migrations.
`,
  ],
  ['rules[].who', 'rules: [{ who: { groups: [agents], principals: ["service:nightly"] }, then: allow }]\n'],
  [
    'webhooks.NAME',
    `webhooks:
  chat: { url: "\${CHAT_WEBHOOK_URL}", secret: "\${CHAT_WEBHOOK_SECRET}", events: [asked, reminded, decided] }
`,
  ],
  [
    'rules[].connections',
    `connections: { shop-db: { protocol: postgres, url: "\${SHOP_DB_URL}", labels: { env: production } } }
rules: [{ connections: { labels: { env: production }, protocols: [postgres] }, actions: [read], then: allow }]
`,
  ],
  [
    'rules[].except',
    'rules: [{ actions: [read], except: { resources: ["table:secrets.*", "column:*.*.password"] }, then: allow }]\n',
  ],
  [
    'rules[].then.ask',
    `people: { dana: { groups: [dba] }, kim: { groups: [dba] } }
rules:
  - { actions: [write], then: { ask: { approvers: [dba], votes: 2, vote_within: 4h, start_within: 30m, remind: 1h, reason: true } } }
`,
  ],
  [
    'masks[]',
    `people: { dana: { groups: [dba] } }
masks:
  - { columns: [public.customers.ssn, "*.*.card_number"], with: redact }
  - { columns: [public.customers.email], with: hash, domain: email, filter: { ask: { approvers: [dba] } } }
  - { detect: [email, credit_card, secret], with: redact, except: { who: { groups: [auditors] } } }
`,
  ],
  [
    'limits',
    'limits: { rows: 500, bytes: 256KB, timeout: 15s, rejection_memory: 2h, waiting_per_principal: 50 }\n',
  ],
]);
