/** Votes of people who signed in: fresh sign-ins, roles, and what is left of a vote when its voter's access is taken away. */
import { createHash } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Client } from '@countersign/client';
import type { ApprovalList, ApprovalView, CallView } from '@countersign/core';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { decodeJwt } from 'jose';
import { sql } from 'kysely';
import { Browser, people, roles, startWorld, type World } from './harness.ts';
import { type SigningKey, sign, signingKey, startIssuer, type TestIssuer } from './issuer.ts';
import { type IdentityProvider, startProvider } from './provider.ts';

let world: World;
let idp: IdentityProvider;
let robots: TestIssuer;
let robotKey: SigningKey;
let target: Server;
let agent: Client;
let policy = '';
const back: string[] = [];
/** What reached the target. */
const reached: string[] = [];

const policyFor = (issuer: string, targetUrl: string) => `version: 1
identity:
  ${roles}
  issuers:
    company: { issuer: "${issuer}", sign_in: { client_id: console, client_secret: "\${SECRET}" } }
    robots: { issuer: "${robots.url}", tokens: { audience: countersign, owner: owned_by } }
${people
  .replace('["local:dana"]', `["local:dana", "oidc:${issuer}#dana"]`)
  .replace('["local:sam"]', `["local:sam", "oidc:${issuer}#sam", "oidc:${robots.url}#user-sam"]`)
  .replace('["local:olivia"]', `["local:olivia", "oidc:${issuer}#olivia"]`)}
connections:
  api: { protocol: http, base_url: "${targetUrl}", allow_addresses: [127.0.0.1] }
rules:
  - { actions: [read], then: allow }
  - { actions: [write], resources: ["http:/plain/**"], then: { ask: { approvers: [dba] } } }
  - { actions: [write], resources: ["http:/grouped/**"], who: { groups: [agents] }, then: { ask: { approvers: [dba] } } }
  - { actions: [write], resources: ["http:/fresh/**"], then: { ask: { approvers: [dba], fresh: 5m } } }
`;

beforeAll(async () => {
  target = createServer((request, response) => {
    reached.push(request.url ?? '');
    response.setHeader('content-type', 'application/json').end('{}');
  });
  await new Promise<void>((resolve) => {
    target.listen(0, '127.0.0.1', resolve);
  });
  robotKey = await signingKey('r');
  robots = await startIssuer([robotKey]);
  world = await startWorld(`version: 1\n${people}`, {}, { SECRET: 's'.repeat(32) });
  back.push(`${world.gateway.url}/auth/callback/company`);
  idp = await startProvider(() => back);
  policy = policyFor(idp.issuer, `http://127.0.0.1:${(target.address() as AddressInfo).port}`);
  await world.rewrite(policy);
  agent = world.client(await world.mint({ class: 'agent', name: 'bot', owner: 'olivia' }));
});
afterAll(async () => {
  await world.close();
  await idp.close();
  await robots.close();
  target.closeAllConnections();
  await new Promise((resolve) => target.close(resolve));
});

const callback = () => back[0] ?? '';
let calls = 0;
const submit = (path: string, by = agent): Promise<CallView> => {
  calls++;
  return by.submitCall({
    connection: 'api',
    input: {
      method: 'POST',
      path: `${path}/${calls}`,
      body: '{}',
      headers: [['content-type', 'application/json']],
    },
    run: `run-${calls}`,
    tool: 'api_request',
    call: `call-${calls}`,
  });
};
const execute = (call: CallView, by = agent) => by.executeCall(call.id, { input_digest: call.input_digest });

async function signIn(name: string, jar = new Map<string, string>()): Promise<Browser> {
  const browser = new Browser(world.gateway.url);
  const { headers } = await browser.send('GET', '/auth/login');
  await browser.send('GET', await idp.signIn(headers.get('location') ?? '', name, callback(), jar));
  await browser.session();
  return browser;
}

const card = async (browser: Browser, call: CallView): Promise<ApprovalView> =>
  (await browser.send('GET', `/v1/approvals/${call.approval}`)).body as ApprovalView;
const vote = async (browser: Browser, call: CallView, how: 'approve' | 'reject' = 'approve') => {
  const { digest } = await card(browser, call);
  return browser.send('POST', `/v1/approvals/${call.approval}/votes`, { body: { vote: how, digest } });
};

/** Signs in once more, for one approval. @returns what the gateway says to whoever comes back. */
async function again(browser: Browser, call: CallView, name: string) {
  const { status, headers, body } = await browser.send(
    'GET',
    `/auth/login/${call.approval}?then=/console/approvals/${call.approval}`,
    { headers: { 'sec-fetch-site': 'same-origin' } },
  );
  if (status !== 303) return { status, body, asked: new URLSearchParams() };
  const location = headers.get('location') ?? '';
  const done = await browser.send('GET', await idp.signIn(location, name, callback()));
  return { status: done.status, body: done.body, asked: new URL(location).searchParams };
}

describe('a rule that asks for a fresh sign-in', () => {
  test('gets it from the provider, for one approval, and keeps the ID token as evidence with the vote', async () => {
    const browser = await signIn('dana');
    const [call, other] = [await submit('/fresh'), await submit('/fresh')];
    expect(await card(browser, call)).toMatchObject({ fresh_within: 300, may_vote: true });
    expect(await vote(browser, call)).toMatchObject({ status: 403, code: 'sign_in_again' });

    const { status, asked } = await again(browser, call, 'dana');
    expect([status, asked.get('prompt'), asked.get('max_age')]).toEqual([303, 'login', '300']);
    expect((await card(browser, call)).votes).toEqual([]);
    expect(await vote(browser, other)).toMatchObject({ status: 403, code: 'sign_in_again' });
    const { digest } = await card(browser, call);
    expect(await vote(browser, call)).toMatchObject({ status: 200, body: { state: 'approved' } });
    expect(await execute(call)).toMatchObject({ outcome: 'succeeded' });

    const lines = await world.operator.events({ limit: 10_000 });
    const cast = lines.flatMap((line) => {
      if (!('event' in line)) return [];
      const event = JSON.parse(line.event) as { type: string; call: string; data: Record<string, string> };
      return event.type === 'vote.cast' && event.call === call.id ? [{ ...line, event }] : [];
    });
    const idToken = cast[0]?.disclosed?.['id_token']?.content ?? '';
    const salt = cast[0]?.event.data['nonceSalt'] ?? '';
    const nonce = createHash('sha256')
      .update(`countersign.sign-in-nonce.v1\n${salt}\n${digest}`)
      .digest('base64url');
    expect(decodeJwt(idToken)).toMatchObject({ sub: 'dana', iss: idp.issuer, nonce });
  });

  test('never 21: takes no other account’s sign-in for it', async () => {
    const browser = await signIn('dana');
    const call = await submit('/fresh');
    const { status, body } = await again(browser, call, 'sam');
    expect(status).toBe(400);
    expect(body).toMatch('another account came back');
    expect(await vote(browser, call)).toMatchObject({ code: 'sign_in_again' });
  });

  test('is not met by a token, nor by another session of the same person; a rejection needs none', async () => {
    const browser = await signIn('dana');
    const call = await submit('/fresh');
    await again(browser, call, 'dana');
    expect(await vote(await signIn('dana'), call)).toMatchObject({ code: 'sign_in_again' });
    const person = world.client(await world.mint({ class: 'person', name: 'sam' }));
    const { digest } = await person.getApproval(call.approval as NonNullable<typeof call.approval>);
    const byToken = (how: 'approve' | 'reject') =>
      person.vote(call.approval as NonNullable<typeof call.approval>, { vote: how, digest });
    await expect(byToken('approve')).rejects.toMatchObject({ code: 'sign_in_again' });
    expect(await byToken('reject')).toMatchObject({ state: 'rejected' });
  });

  test('is not begun by a session of a command, which somebody may have been talked into', async () => {
    const browser = await signIn('dana');
    const { id } = await browser.session();
    const call = await submit('/fresh');
    await sql`update sessions set kind = 'command' where id = ${id}`.execute(world.gateway.engine.store.db);
    const bearer = `Bearer cs_session_${[...browser.cookies.values()][0]}`;
    const path = `/auth/login/${call.approval}`;
    const command = new Browser(world.gateway.url);
    expect(await command.send('GET', path, { headers: { authorization: bearer } })).toMatchObject({
      status: 400,
      code: 'sign_in_failed',
    });
    expect(command.cookies.size).toBe(0);
  });

  test('never 17: that came after the vote, or wants it fresher, leaves the vote uncounted', async () => {
    const call = await submit('/plain');
    expect(await vote(await signIn('dana'), call)).toMatchObject({ body: { state: 'approved' } });
    await world.rewrite(policy.replace('ask: { approvers: [dba] }', 'ask: { approvers: [dba], fresh: 5m }'));
    expect(await execute(call)).toMatchObject({ outcome: 'not_executed', error: { code: 'ask_again' } });
    await world.rewrite(policy);
  });

  test('is for approvals that ask for it, of those who may see them', async () => {
    const browser = await signIn('dana');
    const plain = await submit('/plain');
    expect(await again(browser, plain, 'dana')).toMatchObject({ status: 400 });
    const otto = await signIn('otto');
    expect(await again(otto, await submit('/fresh'), 'otto')).toMatchObject({ status: 404 });
    const local = await world.signedIn('dana');
    expect(await again(local, await submit('/fresh'), 'dana')).toMatchObject({ status: 400 });
  });
});

describe('roles', () => {
  test('an auditor reads what waits and never votes, whatever group they are in', async () => {
    const call = await submit('/plain');
    const audra = await world.signedIn('audra');
    await audra.session();
    expect(await card(audra, call)).toMatchObject({ may_vote: false, may_not_vote_code: 'not_eligible' });
    expect(await vote(audra, call)).toMatchObject({ status: 403, code: 'wrong_actor' });
    const token = world.client(await world.mint({ class: 'person', name: 'audra' }));
    const id = call.approval as NonNullable<typeof call.approval>;
    const { digest } = await card(audra, call);
    await expect(token.vote(id, { vote: 'approve', digest })).rejects.toMatchObject({ code: 'not_eligible' });
  });

  test('a person who is an operator, too, sees what others are asked, and can’t vote on it', async () => {
    const otto = await world.signedIn('otto');
    await otto.session();
    const call = await submit('/plain');
    expect(await card(otto, call)).toMatchObject({
      state: 'waiting',
      may_vote: false,
      may_not_vote_code: 'not_eligible',
      may_comment: false,
    });
    expect(await vote(otto, call)).toMatchObject({ status: 403, code: 'not_eligible' });
    const list = (await otto.send('GET', '/v1/approvals')).body as ApprovalList;
    expect(list.approvals.map(({ id }) => id)).toContain(call.approval);
    expect(list.waiting_for_me).toBe(0);
  });

  test('an operator who signed in stops and revokes, but mints no token: whoever mints could be anyone', async () => {
    const otto = await world.signedIn('otto');
    await otto.session();
    const send = (path: string, body: object) => otto.send('POST', path, { body });
    const stop = await send('/v1/stops', { scope: { kind: 'connection', connection: 'api' } });
    expect(stop.status).toBe(201);
    const { id } = stop.body as { id: string };
    expect((await otto.send('DELETE', `/v1/stops/${id}`)).status).toBe(200);
    expect(await send('/v1/tokens', { class: 'person', name: 'dana' })).toMatchObject({
      code: 'wrong_actor',
    });
  });
});

describe('never 24: what is left when access is taken away:', () => {
  const approved = async () => {
    const browser = await signIn('sam');
    const call = await submit('/plain');
    expect(await vote(browser, call)).toMatchObject({ body: { state: 'approved' } });
    return { browser, call };
  };
  const gone = { status: 401, code: 'unauthenticated' };

  test('of a session that is revoked, neither it nor its votes', async () => {
    const { browser, call } = await approved();
    const { id } = await browser.session();
    expect((await world.operator.listSessions()).sessions.map((one) => one.id)).toContain(id);
    await world.operator.revokeSession(id);
    expect(await browser.send('GET', '/v1/approvals')).toMatchObject(gone);
    expect(await execute(call)).toMatchObject({ outcome: 'not_executed', error: { code: 'ask_again' } });
  });

  test('of a session that its holder left, its votes', async () => {
    const { browser, call } = await approved();
    await browser.send('POST', '/auth/logout');
    expect(await execute(call)).toMatchObject({ outcome: 'succeeded' });
  });

  test('of a person whose access is revoked, nothing: no session, no token, no vote, also of sessions left before', async () => {
    const { browser, call } = await approved();
    const token = world.client(await world.mint({ class: 'person', name: 'sam' }));
    const left = await approved();
    await left.browser.send('POST', '/auth/logout');
    const taken = await world.operator.revokePerson({ person: 'sam' });
    expect(taken.tokens).toBeGreaterThan(0);
    expect(await browser.send('GET', '/auth/session')).toMatchObject(gone);
    await expect(token.listApprovals()).rejects.toMatchObject({ code: 'unauthenticated' });
    for (const one of [call, left.call])
      expect(await execute(one)).toMatchObject({ outcome: 'not_executed', error: { code: 'ask_again' } });
  });

  test('of a person who is taken out of the policy, no vote and no role, with the next request', async () => {
    const { browser, call } = await approved();
    const waiting = await submit('/plain');
    const { digest } = await card(browser, waiting);
    await world.rewrite(policy.replace(/^ {2}sam: .*$/m, '  other: { groups: [dba], accounts: [] }'));
    expect(await browser.session()).toMatchObject({ person: null, roles: [] });
    const late = await browser.send('POST', `/v1/approvals/${waiting.approval}/votes`, {
      body: { vote: 'approve', digest },
    });
    expect(late).toMatchObject({ status: 403, code: 'unmapped_account' });
    expect(await execute(call)).toMatchObject({ outcome: 'not_executed', error: { code: 'ask_again' } });
    await world.rewrite(policy);
  });
});

describe('a call of an agent with a token of the company’s', () => {
  /** A token made now, as this gateway's clock has it. */
  const robot = (more: object = {}, after = 0) => {
    const now = Math.floor(Date.now() / 1000) + after;
    const claims = {
      iss: robots.url,
      aud: 'countersign',
      sub: 'bot',
      client_id: 'bot',
      owned_by: 'olivia',
      groups: ['agents'],
      iat: now,
      exp: now + 1,
    };
    return world.client(sign(robotKey, { alg: 'RS256', kid: 'r', typ: 'at+jwt' }, { ...claims, ...more }));
  };

  test('never 21: is not voted on by its owner, nor by whom it acts for, through whichever account', async () => {
    const call = await submit('/grouped', robot({ sub: 'user-sam', act: { sub: 'bot' } }));
    for (const name of ['olivia', 'sam'])
      expect(await vote(await signIn(name), call)).toMatchObject({ status: 403, code: 'own_request' });
    expect(await vote(await signIn('dana'), call)).toMatchObject({ body: { state: 'approved' } });
    const forNobody = robot();
    await expect(execute(call, forNobody)).rejects.toMatchObject({ code: 'not_found' });
  });

  test('never 21: nor by whoever it turns out to act for, once the account is listed', async () => {
    const call = await submit('/grouped', robot({ sub: 'user-dana', act: { sub: 'bot' } }));
    await world.rewrite(policy.replace('["local:dana"', `["oidc:${robots.url}#user-dana", "local:dana"`));
    expect(await vote(await signIn('dana'), call)).toMatchObject({ status: 403, code: 'own_request' });
    await world.rewrite(policy);
    const other = await submit('/grouped', robot({ sub: 'user-dana', act: { sub: 'bot' } }));
    expect(await vote(await signIn('dana'), other)).toMatchObject({ body: { state: 'approved' } });
    await world.rewrite(policy.replace('["local:dana"', `["oidc:${robots.url}#user-dana", "local:dana"`));
    // The same person now asks as herself, and so for somebody else than before.
    await expect(execute(other, robot({ sub: 'user-dana', act: { sub: 'bot' } }))).rejects.toMatchObject({
      code: 'not_found',
    });
    await world.rewrite(policy);
  });

  test('outlives the token it was made with; whoever goes on with it is looked at again', async () => {
    const asking = robot();
    const [call, other] = [await submit('/grouped', asking), await submit('/grouped', asking)];
    for (const one of [call, other]) await vote(await signIn('dana'), one);
    world.later(60_000);
    await expect(execute(call, asking)).rejects.toMatchObject({ code: 'unauthenticated' });
    expect(await execute(other, robot({ groups: [] }, 60))).toMatchObject({
      outcome: 'not_executed',
      error: { code: 'policy_tightened' },
    });
    expect(await execute(call, robot({}, 60))).toMatchObject({ outcome: 'succeeded' });
  });
});

test('never 24: an issuer that is taken out of the policy vouches for no session and no vote', async () => {
  const browser = await signIn('dana');
  const call = await submit('/plain');
  expect(await vote(browser, call)).toMatchObject({ body: { state: 'approved' } });
  await world.rewrite(policy.replace(/^ {4}company: .*$/m, ''));
  expect(await browser.send('GET', '/auth/session')).toMatchObject({ status: 401 });
  expect(await execute(call)).toMatchObject({ outcome: 'not_executed', error: { code: 'ask_again' } });
  await world.rewrite(policy);
});

test('nothing reached the target but what was approved and stayed so', () => {
  expect(reached.length).toBe(3);
});
