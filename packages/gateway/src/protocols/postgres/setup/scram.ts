/** A password as PostgreSQL keeps it: made here, so that the password itself reaches neither the server's log nor its statements. */
import { createHash, createHmac, pbkdf2Sync } from 'node:crypto';

const iterations = 4096;

/** `SCRAM-SHA-256$…`, as `ALTER ROLE … PASSWORD` takes it. @param salt Sixteen bytes. */
export function scramVerifier(password: string, salt: Uint8Array): string {
  const salted = pbkdf2Sync(password.normalize('NFKC'), salt, iterations, 32, 'sha256');
  const hmac = (text: string) => createHmac('sha256', salted).update(text).digest();
  const stored = createHash('sha256').update(hmac('Client Key')).digest('base64');
  const server = hmac('Server Key').toString('base64');
  return `SCRAM-SHA-256$${iterations}:${Buffer.from(salt).toString('base64')}$${stored}:${server}`;
}
