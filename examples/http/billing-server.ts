/**
 * The billing API of the example, in memory: invoices with versions, for whoever has the token. Run by itself it listens
 * on port 7480:
 *
 *     BILLING_TOKEN=… node billing-server.ts
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';

export interface Invoice {
  readonly id: number;
  readonly customer: { readonly name: string; readonly email: string; readonly iban: string };
  readonly total: number;
  readonly status: string;
  readonly version: number;
}

/** Starts it. @param invoices What it keeps, by id: look there for what was done. @param port 0 takes a free one. */
export async function startBilling(
  token: string,
  invoices: Map<number, Invoice> = someInvoices(),
  port = 0,
): Promise<Server> {
  const answering = async (request: IncomingMessage, response: ServerResponse) => {
    const answer = (status: number, value: unknown, version?: number) => {
      if (version !== undefined) response.setHeader('etag', `"${version}"`);
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value));
    };
    let text = '';
    for await (const part of request.setEncoding('utf8')) text += String(part);
    if (request.headers.authorization !== `Bearer ${token}`) return answer(401, { error: 'who are you?' });
    const { pathname } = new URL(request.url ?? '/', 'http://billing');
    if (pathname === '/v1/invoices/search') {
      const { customer } = JSON.parse(text) as { customer: string };
      return answer(
        200,
        [...invoices.values()].filter(({ customer: { name } }) => name.includes(customer)),
      );
    }
    if (pathname === '/v1/invoices') return answer(200, [...invoices.values()]);
    const id = Number(pathname.slice('/v1/invoices/'.length));
    const invoice = invoices.get(id);
    if (invoice === undefined) return answer(404, { error: 'no such invoice' });
    if (request.method === 'GET') return answer(200, invoice, invoice.version);
    const match = request.headers['if-match'] ?? `"${invoice.version}"`;
    if (match !== `"${invoice.version}"`) return answer(412, { error: 'it is another by now' });
    const changed = { ...invoice, ...(JSON.parse(text) as object), version: invoice.version + 1 };
    invoices.set(id, changed);
    return answer(200, changed, changed.version);
  };
  const server = createServer((request, response) => {
    answering(request, response).catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  return server;
}

/** Everyone in them is made up. */
export const someInvoices = (): Map<number, Invoice> =>
  new Map(
    [
      { id: 1042, name: 'Priya Raman', iban: 'CH9300762011623852957', total: 120 },
      { id: 1043, name: 'Tomás Oliveira', iban: 'DE89370400440532013000', total: 80.5 },
    ].map(({ id, name, iban, total }) => [
      id,
      {
        id,
        customer: { name, email: `${name.split(' ')[0]?.toLowerCase()}@example.com`, iban },
        total,
        status: 'open',
        version: 1,
      },
    ]),
  );

if (import.meta.main) {
  await startBilling(process.env['BILLING_TOKEN'] ?? '', someInvoices(), 7480);
  process.stdout.write('The billing API listens on http://127.0.0.1:7480\n');
}
