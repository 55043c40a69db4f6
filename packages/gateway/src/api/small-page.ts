/** Pages of a few words, where the console is not there yet: nothing inline, in no frame, kept by nobody. */
import type { FastifyReply } from 'fastify';

const policy =
  "default-src 'none'; script-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

export function sendSmall(
  reply: FastifyReply,
  type: 'text/html' | 'text/javascript',
  text: string,
): FastifyReply {
  return reply
    .headers({
      'content-security-policy': policy,
      'x-frame-options': 'DENY',
      'cache-control': 'no-store',
      'referrer-policy': 'no-referrer',
      'x-content-type-options': 'nosniff',
    })
    .type(`${type}; charset=utf-8`)
    .send(text);
}

const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

/** A page that says one thing, with something to go on with. */
export function smallPage(said: string, more = ''): string {
  const text = said.replace(/[&<>"]/g, (character) => entities[character] ?? '');
  return `<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Countersign</title>
<meta name="viewport" content="width=device-width">
<p id="said">${text}</p>
${more}
</html>
`;
}
