/**
 * The vote. Two steps, so that neither a slip of a key nor one of a thumb decides: say which way, then confirm. It names
 * the digest of exactly what this page shows; should the gateway hold another, it refuses.
 *
 *   shown ─▶ approving ─▶ sending ─▶ voted
 *     ▲   └▶ rejecting ─┘    │
 *     └──────────────────────┘ refused, and why
 *
 * The second button appears where the first one was: pressed twice in a moment, the hand slipped.
 */
import type { ApprovalView, VoteRequest } from '@countersign/core';
import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import { post, Refused } from '../gateway.ts';
import { Link } from '../router.tsx';
import { useShortcuts } from '../shortcuts.ts';
import { stateInWords } from './state.tsx';

interface VoteBoxProps {
  readonly approval: ApprovalView;
  /** The gateway could not be asked lately: what is shown may be over. */
  readonly stale: boolean;
  readonly onVoted: (approval: ApprovalView) => void;
  readonly onRefused: () => void;
}

type Way = VoteRequest['vote'];

/** Milliseconds in which another press is of the same hand's slip. */
const slipMs = 700;

export function VoteBox({ approval, stale, onVoted, onRefused }: VoteBoxProps) {
  const [way, setWay] = useState<Way | null>(null);
  const [reason, setReason] = useState('');
  const [sending, setSending] = useState(false);
  const [fault, setFault] = useState<Refused | null>(null);
  const field = useRef<HTMLTextAreaElement>(null);
  const confirm = useRef<HTMLButtonElement>(null);
  const pressed = useRef(0);
  const open = approval.state === 'waiting' && approval.may_vote;
  const needsReason = approval.asks.some((ask) => ask.reason);

  const begin = (next: Way) => {
    if (!open) return;
    setWay(next);
    setFault(null);
  };
  useShortcuts({ a: () => begin('approve'), r: () => begin('reject'), Escape: () => setWay(null) });
  // At once: what is typed right after the key belongs into the field, and is no shortcut.
  useLayoutEffect(() => {
    if (way === null) return;
    (way === 'reject' || needsReason ? field.current : confirm.current)?.focus();
  }, [way, needsReason]);

  /** Never a key: those are two different ones. */
  const notASlip = (event: MouseEvent) => {
    if (event.detail > 0 && event.timeStamp - pressed.current < slipMs) event.preventDefault();
    pressed.current = event.timeStamp;
  };
  const press = (event: MouseEvent, next: Way) => {
    pressed.current = event.timeStamp;
    begin(next);
  };

  const send = async () => {
    if (way === null || sending) return;
    setSending(true);
    try {
      const said = reason.trim();
      const vote: VoteRequest = {
        vote: way,
        digest: approval.digest,
        ...(said === '' ? {} : { reason: said }),
      };
      onVoted(await post<ApprovalView>(`/v1/approvals/${approval.id}/votes`, vote));
      setWay(null);
      setReason('');
    } catch (thrown) {
      const refused = thrown instanceof Refused ? thrown : new Refused('internal', 0, String(thrown));
      setFault(refused);
      onRefused();
    } finally {
      setSending(false);
    }
  };

  if (!open) return <Closed approval={approval} />;
  const approving = way === 'approve';
  return (
    <section class={`vote ${way ?? ''}`} aria-label="Your vote">
      {fault === null ? null : <VoteProblem fault={fault} approval={approval} />}
      {stale ? <p class="problem">The gateway can’t be reached at the moment.</p> : null}
      {way === null ? (
        <div class="ways">
          <button type="button" class="reject" onClick={(event) => press(event, 'reject')}>
            Reject <kbd>r</kbd>
          </button>
          <button type="button" class="approve" onClick={(event) => press(event, 'approve')}>
            Approve <kbd>a</kbd>
          </button>
        </div>
      ) : (
        <form
          onSubmit={(event) => {
            event.preventDefault();
            void send();
          }}
          onKeyDown={(event) => {
            if (event.key === 'Escape') setWay(null);
          }}
        >
          <label>
            {approving
              ? needsReason
                ? 'Why may it run? A reason is required.'
                : 'Why may it run? (optional)'
              : needsReason
                ? 'Why not? A reason is required; the agent is told that a person said no.'
                : 'Why not? (optional)'}
            <textarea
              ref={field}
              value={reason}
              maxLength={1000}
              rows={2}
              required={needsReason}
              onInput={(event) => setReason(event.currentTarget.value)}
            />
          </label>
          <div class="ways">
            <button type="button" class="quiet" onClick={() => setWay(null)}>
              Back
            </button>
            <button ref={confirm} type="submit" class={way} disabled={sending} onClick={notASlip}>
              {sending ? 'Sending…' : approving ? 'Yes, approve this' : 'Yes, reject this'}
            </button>
          </div>
        </form>
      )}
    </section>
  );
}

function VoteProblem({ fault, approval }: { readonly fault: Refused; readonly approval: ApprovalView }) {
  const then = `/console/approvals/${approval.id}`;
  return (
    <p class="problem" role="alert">
      {fault.message}
      {fault.code === 'sign_in_again' ? (
        <>
          {' '}
          <a href={`/auth/login/${encodeURIComponent(approval.id)}?then=${encodeURIComponent(then)}`}>
            Sign in for this approval
          </a>
          , then vote.
        </>
      ) : null}
    </p>
  );
}

function Closed({ approval }: { readonly approval: ApprovalView }) {
  const { state, my_vote, may_not_vote_because } = approval;
  const mine = my_vote === null ? '' : `You voted to ${my_vote}. `;
  const said =
    state === 'waiting'
      ? `${mine}${my_vote === null ? (may_not_vote_because ?? 'You can’t vote on this.') : 'It still waits for others.'}`
      : `${mine}It no longer waits: ${stateInWords(state)}.`;
  return (
    <section class="vote closed" role="status">
      <p>{said}</p>
      <Link to="/" class="button quiet">
        To the inbox <kbd>u</kbd>
      </Link>
    </section>
  );
}
