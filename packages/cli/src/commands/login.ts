/** `countersign login` and `logout`: a session of one's own, from the company's identity provider. */
import { setTimeout as sleep } from 'node:timers/promises';
import { createClient } from '@countersign/client';
import { CountersignError, type DeviceSignIn, type DeviceToken } from '@countersign/core';
import { exitCodes } from '../exit-codes.ts';
import { type AddCommand, type CommonOptions, type Host, withCommonOptions } from '../options.ts';
import { keepPersonToken } from '../person-tokens.ts';
import { personClient, reachGateway } from '../reach-gateway.ts';
import { printableLine } from '../terminal/printable.ts';
import { fromNow } from '../terminal/times.ts';

interface LoginOptions extends CommonOptions {
  readonly issuer?: string;
}

export const addLogin: AddCommand = (program, host) => {
  const login = program
    .command('login')
    .summary('sign in as yourself, at your company’s identity provider')
    .description(
      'Signs you in at your company’s identity provider, in a browser. The session is kept on this machine, and `approvals` uses it.',
    )
    .option('--issuer <name>', 'which identity provider, where the policy file names several');
  withCommonOptions(login).action(async () => {
    const options = login.opts<LoginOptions>();
    const { url } = await reachGateway(host, options);
    const client = createClient({ url });
    const { out, err, env } = host.terminal;
    const { issuer } = options;
    const begun = await client.startSignIn(issuer === undefined ? {} : { issuer }, { signal: host.signal });
    await err.line(`Open ${printableLine(begun.verification_uri_complete ?? begun.verification_uri)}`);
    await err.line(`and sign in there. It has to show the code ${printableLine(begun.user_code)}`);
    const { token, session } = await waitFor(host, begun, () =>
      client.finishSignIn({ handle: begun.handle }, { signal: host.signal }),
    );
    const person = session.person ?? session.account;
    const path = await keepPersonToken(env, client.url, { person, token, expires_at: session.expires_at });
    if (options.json === true) await out.line(JSON.stringify({ session }, null, 2));
    const until = fromNow(session.expires_at, host.now());
    await err.line(`Signed in as ${printableLine(person)}. The session is kept in ${path}.`);
    await err.line(`It ends after half an hour without use, and ${until} at the latest.`);
    if (session.person === null)
      await err.line('The account belongs to no one under people, so that it can’t vote.');
    host.exit(exitCodes.ok);
  });
};

export const addLogout: AddCommand = (program, host) => {
  const logout = program
    .command('logout')
    .description('end the session that `login` began')
    .option('--person <name>', 'whose session, where several are kept');
  withCommonOptions(logout).action(async () => {
    const options = logout.opts<CommonOptions & { readonly person?: string }>();
    const client = await personClient(host, options);
    await client.leaveSession({ signal: host.signal });
    await host.terminal.err.line('Signed out.');
    host.exit(exitCodes.ok);
  });
};

/** Asks as often as the provider allows, until the person has signed in or the code is too old. */
async function waitFor(
  host: Host,
  { interval, expires_in }: DeviceSignIn,
  ask: () => Promise<DeviceToken>,
): Promise<DeviceToken> {
  const until = host.now().getTime() + expires_in * 1000;
  for (;;) {
    await sleep(Math.max(interval, 1) * 1000, undefined, { signal: host.signal });
    try {
      return await ask();
    } catch (thrown) {
      if (!(thrown instanceof CountersignError && thrown.code === 'sign_in_pending')) throw thrown;
      if (host.now().getTime() > until)
        throw new CountersignError('sign_in_failed', {
          what: 'nobody signed in before the code was too old',
        });
    }
  }
}
