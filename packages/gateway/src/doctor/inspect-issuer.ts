/** Looks at an identity provider: whether it is found, is who it says, has keys, and leads people where they are wanted. */
import { type Finding, fine, problem, warning } from '@countersign/core';
import type { Issuer } from '@countersign/policy';
import { z } from 'zod';
import { boundedFetch } from '../identity/bounded-fetch.ts';

const documentSchema = z.object({
  issuer: z.string(),
  jwks_uri: z.url(),
  authorization_endpoint: z.string().optional(),
  device_authorization_endpoint: z.string().optional(),
  code_challenge_methods_supported: z.array(z.string()).optional(),
});
const keysSchema = z.object({ keys: z.array(z.object({ kty: z.string() })).min(1) });

/**
 * Looks at an issuer of `identity.issuers`. Needs no credential, and sends none.
 *
 * @param publicUrl Where browsers reach the gateway.
 */
export async function inspectIssuer(
  issuer: Issuer,
  publicUrl: string,
  signal: AbortSignal,
): Promise<readonly Finding[]> {
  const document = await read(
    `${issuer.issuer.replace(/\/$/, '')}/.well-known/openid-configuration`,
    documentSchema,
    signal,
  );
  if (document === null)
    return [
      problem(
        'issuer.document',
        'it can’t be reached, or says nothing of itself at /.well-known/openid-configuration',
        'Mend the address, or let the gateway reach it. Nobody is let in by its word until then.',
      ),
    ];
  if (document.issuer !== issuer.issuer)
    return [
      problem(
        'issuer.name',
        `it calls itself ${document.issuer}`,
        'Write `issuer` letter by letter as it says, a slash at the end included.',
      ),
    ];
  const keys = await read(document.jwks_uri, keysSchema, signal);
  return [
    fine('issuer.document', 'it is found, and is who it says'),
    keys === null
      ? problem('issuer.keys', 'its keys can’t be fetched', 'Let the gateway reach its jwks_uri.')
      : fine('issuer.keys', `its keys are there: ${keys.keys.length}`),
    ...(issuer.signIn === null ? [] : signInFindings(issuer, publicUrl, document)),
  ];
}

function signInFindings(
  { name }: Issuer,
  publicUrl: string,
  document: z.infer<typeof documentSchema>,
): readonly Finding[] {
  const { code_challenge_methods_supported: challenges = ['S256'] } = document;
  return [
    document.authorization_endpoint === undefined
      ? problem(
          'issuer.sign_in',
          'nobody can sign in there: it has no authorization endpoint',
          'Take `sign_in` out.',
        )
      : fine('issuer.sign_in', `it has to lead people back to ${publicUrl}/auth/callback/${name}`),
    challenges.includes('S256')
      ? fine('issuer.pkce', 'it takes PKCE with S256')
      : warning('issuer.pkce', 'it does not say that it takes PKCE with S256', 'Switch it on there.'),
    document.device_authorization_endpoint === undefined
      ? warning(
          'issuer.device',
          'it has no device flow: `countersign login` does not work',
          'Let people vote in the console.',
        )
      : fine('issuer.device', 'it has a device flow, for `countersign login`'),
  ];
}

/** Null where it can't be had, or is something else. */
async function read<Schema extends z.ZodType>(
  url: string,
  schema: Schema,
  signal: AbortSignal,
): Promise<z.infer<Schema> | null> {
  try {
    const response = await boundedFetch(url, { signal });
    const parsed = schema.safeParse(await response.json());
    return response.status === 200 && parsed.success ? parsed.data : null;
  } catch {
    signal.throwIfAborted();
    return null;
  }
}
