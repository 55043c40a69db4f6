/** The connection's own credential, wherever a server sends it back: as it is, percent-encoded, escaped, in base64. */
import { redacted } from '../../masking/replacements.ts';

/** Shorter ones stand in too many texts by chance. Characters. */
const shortest = 4;

const known = new WeakMap<readonly string[], readonly string[]>();

/** The spellings of a credential that are looked for. */
function spellings(secrets: readonly string[]): readonly string[] {
  let all = known.get(secrets);
  if (all === undefined) {
    const made = secrets
      .filter((secret) => secret.length >= shortest)
      .flatMap((secret) => [
        secret,
        encodeURIComponent(secret),
        JSON.stringify(secret).slice(1, -1),
        secret.replaceAll('/', '\\/'),
        secret.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;'),
        Buffer.from(secret).toString('base64').replace(/=+$/, ''),
        Buffer.from(secret).toString('base64url'),
        Buffer.from(secret).toString('hex'),
      ]);
    all = [...new Set(made)].toSorted((a, b) => b.length - a.length);
    known.set(secrets, all);
  }
  return all;
}

/** The text without them. */
export function hideSecrets(text: string, secrets: readonly string[]): string {
  let clean = text;
  for (const spelling of spellings(secrets))
    if (clean.includes(spelling)) clean = clean.replaceAll(spelling, redacted);
  return clean;
}
