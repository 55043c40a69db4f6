/** What an agent wrote: boxed apart from what the gateway says, every character visible, nothing cut. */
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
        {parts.map(({ kind, text }) => (kind === 'plain' ? text : <span class={kind}>{text}</span>))}
      </pre>
    </figure>
  );
}

export function languageOf(protocol: string, label: string): 'sql' | 'json' | 'plain' {
  if (protocol === 'postgres' && (label === 'statement' || label === 'sql')) return 'sql';
  return label.startsWith('body') ? 'json' : 'plain';
}
