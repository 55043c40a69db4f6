/** Some of the rows that a trial changed: before and after, in one row of the table where they are the same row. */
import type { Sample } from '@countersign/core';

type Cells = readonly (string | null)[] | null;

const cell = (text: string | null | undefined) =>
  text === null || text === undefined ? <i class="null">null</i> : text;

function Changed({ before, after, at }: { before: Cells; after: Cells; at: number }) {
  if (before === null || after === null) return <>{cell((after ?? before)?.[at])}</>;
  if (before[at] === after[at]) return <>{cell(after[at])}</>;
  return (
    <>
      <del>{cell(before[at])}</del> <span aria-hidden="true">→</span> <ins>{cell(after[at])}</ins>
    </>
  );
}

const kindOf = (before: Cells, after: Cells) =>
  before === null ? 'added' : after === null ? 'removed' : 'changed';

export function SampleTable({ sample: { table, columns, rows } }: { readonly sample: Sample }) {
  if (rows.length === 0) return null;
  return (
    <figure class="sample untrusted">
      <figcaption>
        <b>{table}</b> {rows.length === 1 ? 'one of the rows' : `${rows.length} of the rows`}, before → after
      </figcaption>
      <div class="scroll" tabIndex={0} role="region" aria-label={`Rows of ${table}`}>
        <table>
          <thead>
            <tr>
              <th scope="col">
                <span class="hidden">What happens</span>
              </th>
              {columns.map((column) => (
                <th scope="col">{column}</th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map(({ before, after }) => {
              const kind = kindOf(before, after);
              return (
                <tr class={kind}>
                  <th scope="row">{kind}</th>
                  {columns.map((_, at) => (
                    <td
                      class={before !== null && after !== null && before[at] !== after[at] ? 'differs' : ''}
                    >
                      <Changed before={before} after={after} at={at} />
                    </td>
                  ))}
                </tr>
              );
            })}
          </tbody>
        </table>
      </div>
    </figure>
  );
}
