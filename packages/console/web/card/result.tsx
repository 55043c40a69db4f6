/** What a call brought back, as the agent saw it: masked. */
import type { HttpResult, KubectlResult, Result, RowsResult } from '@countersign/core';
import { counted } from '../words.ts';
import { Untrusted } from './untrusted.tsx';

/** Rows that are drawn at most; a result can have very many. */
const drawn = 50;

export function ResultTable({ result }: { readonly result: Result }) {
  if ('rows' in result) return <Rows result={result} />;
  return 'status' in result ? <Answer result={result} /> : <Written result={result} />;
}

function Rows({ result: { columns, rows, truncated, affected } }: { readonly result: RowsResult }) {
  const said = [
    ...(affected !== undefined && rows.length === 0 ? [] : [counted(rows.length, 'rows')]),
    ...(rows.length > drawn ? [`the first ${drawn} of them here`] : []),
    ...(truncated ? ['cut by a limit'] : []),
    ...(affected === undefined ? [] : [`${counted(affected, 'rows')} changed`]),
  ].join(', ');
  return (
    <figure class="sample untrusted">
      <figcaption>
        <b>result</b> as the agent saw it: {said}
      </figcaption>
      {rows.length === 0 ? null : (
        <div class="scroll" tabIndex={0} role="region" aria-label="Rows of the result">
          <table>
            <thead>
              <tr>
                {columns.map((column) => (
                  <th scope="col">{column}</th>
                ))}
              </tr>
            </thead>
            <tbody>
              {rows.slice(0, drawn).map((row) => (
                <tr>
                  {row.map((cell) => (
                    <td>{cell ?? <i class="null">null</i>}</td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </figure>
  );
}

const whose = (truncated: boolean): string =>
  truncated ? 'as the agent saw it, cut by a limit' : 'as the agent saw it';

function Answer({ result: { status, headers, body, truncated } }: { readonly result: HttpResult }) {
  const head = headers.map(([name, value]) => `${name}: ${value}`).join('\n');
  return (
    <>
      <Untrusted label={`answer ${status}`} text={head} whose="as the agent saw it" />
      {body === '' ? null : <Untrusted label="body" text={body} language="json" whose={whose(truncated)} />}
    </>
  );
}

function Written({ result: { stdout, stderr, exit_code, truncated } }: { readonly result: KubectlResult }) {
  return (
    <>
      <Untrusted label={`output, exit code ${exit_code}`} text={stdout} whose={whose(truncated)} />
      {stderr === '' ? null : <Untrusted label="errors" text={stderr} whose="as the agent saw them" />}
    </>
  );
}
