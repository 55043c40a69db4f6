/** What an agent wrote: boxed apart from what the gateway says, every character visible, nothing cut. */
import type { ComponentChildren } from 'preact';
import { useMemo } from 'preact/hooks';
import { pieces } from './highlight.ts';

interface UntrustedProps {
  /** What it is: `statement`, `body`. */
  readonly label: string;
  readonly text: string;
  readonly language?: 'sql' | 'json' | 'plain';
  readonly whose?: string;
}

export function Untrusted({
  label,
  text,
  language = 'plain',
  whose = 'as the agent wrote it',
}: UntrustedProps) {
  const parts = useMemo(() => pieces(text, language), [text, language]);
  return (
    <figure class="untrusted">
      <figcaption>
        <b>{label}</b> {whose}
      </figcaption>
      {/* Long lines wrap; what is long scrolls with the page and not in a box of its own, where it could hide. */}
      <pre dir="ltr" translate={false}>
        {parts.map(({ kind, text }) =>
          kind === 'plain' ? inOrder(text) : <span class={kind}>{inOrder(text)}</span>,
        )}
      </pre>
    </figure>
  );
}

const rightToLeft = /[\u0590-\u08FF\uFB1D-\uFDFF\uFE70-\uFEFF\u{10800}-\u{10FFF}\u{1E800}-\u{1EFFF}]/u;
const words = /[\p{L}\p{M}\p{N}_]+/gu;

/**
 * A text whose words stand in the order in which they are read by what runs it. Between two words that are written from the
 * right a browser turns numbers and signs round: `'\u05d0' < 5 - '\u05d1'` would read the other way round.
 */
function inOrder(text: string): ComponentChildren {
  if (!rightToLeft.test(text)) return text;
  const parts: ComponentChildren[] = [];
  let at = 0;
  for (const { 0: word, index } of text.matchAll(words)) {
    if (!rightToLeft.test(word)) continue;
    parts.push(text.slice(at, index), <bdi>{word}</bdi>);
    at = index + word.length;
  }
  parts.push(text.slice(at));
  return parts;
}

export function languageOf(protocol: string, label: string): 'sql' | 'json' | 'plain' {
  if (protocol === 'postgres' && (label === 'statement' || label === 'sql')) return 'sql';
  return label.startsWith('body') ? 'json' : 'plain';
}
