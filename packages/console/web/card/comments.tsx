/** What people said: their votes with their reasons, and comments, in the order in which they came. */
import type { ApprovalView, CommentView, VoteView } from '@countersign/core';
import { useState } from 'preact/hooks';
import { post, Refused } from '../gateway.ts';
import { When } from './clock.tsx';

export function Said({ votes, comments }: { votes: readonly VoteView[]; comments: readonly CommentView[] }) {
  const all = [
    ...votes.map(({ person, vote, reason, at }) => ({ person, at, text: reason, vote })),
    ...comments.map(({ person, text, at }) => ({ person, at, text, vote: null })),
  ].sort((a, b) => Date.parse(a.at) - Date.parse(b.at));
  if (all.length === 0) return null;
  return (
    <section aria-labelledby="said">
      <h2 id="said">What people said</h2>
      <ol class="said">
        {all.map(({ person, at, text, vote }) => (
          <li key={`${person} ${at} ${vote}`}>
            <p>
              <b>{person}</b> {vote === null ? 'said' : vote === 'approve' ? 'approved' : 'rejected'}{' '}
              <span class="aside">
                <When at={at} />
              </span>
            </p>
            {text === null ? null : <blockquote>{text}</blockquote>}
          </li>
        ))}
      </ol>
    </section>
  );
}

interface CommentBoxProps {
  readonly approval: ApprovalView;
  readonly onDone: (approval: ApprovalView) => void;
}

export function CommentBox({ approval, onDone }: CommentBoxProps) {
  const [text, setText] = useState('');
  const [fault, setFault] = useState<string | null>(null);
  const send = async () => {
    const said = text.trim();
    if (said === '') return;
    try {
      onDone(await post<ApprovalView>(`/v1/approvals/${approval.id}/comments`, { text: said }));
      setText('');
      setFault(null);
    } catch (thrown) {
      setFault(thrown instanceof Refused ? thrown.message : String(thrown));
    }
  };
  return (
    <details class="comment">
      <summary>Say something without voting</summary>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void send();
        }}
      >
        <label>
          Comment, for the others who look at this; the agent does not see it
          <textarea
            rows={2}
            maxLength={1000}
            value={text}
            onInput={(event) => setText(event.currentTarget.value)}
          />
        </label>
        {fault === null ? null : (
          <p class="problem" role="alert">
            {fault}
          </p>
        )}
        <button type="submit" class="quiet">
          Say it
        </button>
      </form>
    </details>
  );
}
