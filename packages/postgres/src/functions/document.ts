/** The table of built-in functions as Markdown. */
import { builtinTable } from './table.ts';

const begin = '<!-- built-in functions: written by packages/postgres/scripts/document-builtins.js -->';
const end = '<!-- end of built-in functions -->';

const said: ReadonlyMap<string, string> = new Map([
  ['needs_native_session', 'Denied: it takes or gives up what belongs to a session.'],
  ['nothing', 'Harmless: calling it is no effect.'],
]);

/** A document with the table as it has to be, between the two marks. */
export function documented(text: string): string {
  const from = text.indexOf(begin);
  const to = text.indexOf(end);
  if (from === -1 || to === -1) throw new Error('the marks of the table are missing');
  const parts = builtinTable().map(({ does, names }) => {
    const what = said.get(does) ?? effect(does);
    return `**${names.length}** · ${what}\n\n\`\`\`text\n${wrapped(names)}\n\`\`\`\n`;
  });
  return `${text.slice(0, from)}${begin}\n\n${parts.join('\n')}\n${text.slice(to)}`;
}

/** `secret on file` → `secret`, on the file that it names. */
function effect(does: string): string {
  const [action = '', on = ''] = does.split(' on ');
  return on.startsWith('the function')
    ? `\`${action}\` on ${on}.`
    : `\`${action}\` on the \`${on}\` that it names.`;
}

const width = 118;

function wrapped(names: readonly string[]): string {
  const lines: string[] = [];
  let line = '';
  for (const name of names) {
    if (line !== '' && line.length + 1 + name.length > width) {
      lines.push(line);
      line = '';
    }
    line += line === '' ? name : ` ${name}`;
  }
  return [...lines, line].join('\n');
}
