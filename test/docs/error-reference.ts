/** The page of all errors, made from core's table and from what is said here about what to do. */
import { type ErrorCode, errorTable, type Retry } from '@countersign/core';

interface Section {
  readonly title: string;
  /** What to do, by code; every code of the table stands in one section. */
  readonly codes: Partial<Readonly<Record<ErrorCode, string>>>;
}

export const sections: readonly Section[] = [
  {
    title: 'What is wrong with a request',
    codes: {
      malformed:
        'Mend what the message names: a repeated key, a number that loses digits, a field too many or missing.',
      too_large: 'Send less. An input may have 1 MiB, a parked state 4 MiB; a line of `--jsonl` 1 MiB.',
      unauthenticated:
        'Mint a new token with `countersign token`, and hand it over by `COUNTERSIGN_TOKEN` or the option.',
      token_refused:
        'Read the gateway’s log, which says what about the token it is: no owner, groups left out, a name that can’t be used.',
      wrong_actor:
        'Use a token of the class that the route is for: agents call, people vote, operators operate, auditors read.',
      cross_site:
        'Send what a page of the gateway would: its `Origin`, and the `csrf` of `GET /auth/session` as `x-countersign-csrf`.',
      not_found:
        'Check the id, and whose it is: what belongs to another principal looks the same as what isn’t there.',
      unsupported_media_type: 'Send `content-type: application/json`.',
      rate_limited: 'Wait, then go on more slowly.',
      unknown_connection: 'Name a connection of the policy file; `GET /v1/connections` lists them.',
      wrong_protocol:
        'Send the input that the connection’s protocol takes: `sql`, `argv`, or `method` and `path`.',
    },
  },
  {
    title: 'The gateway itself',
    codes: {
      unavailable:
        'Look at the store: `countersign doctor`, and the gateway’s log. Nothing is let through meanwhile.',
      shutting_down: 'Try again when the gateway, or the one that takes its place, is up.',
      internal: 'Read the gateway’s log, which has the fault. It is a defect: report it.',
      unreachable:
        'Start the gateway with `countersign serve`, or mend the address (`COUNTERSIGN_URL`, `--gateway`).',
    },
  },
  {
    title: 'Calls',
    codes: {
      call_conflict:
        'Give each call an id of its own. Where one `RunContext` serves several runs, give the client `runId`.',
      digest_mismatch: 'Read the call or the approval again, and name the digest that it has.',
      not_decided: 'Make the call again, and execute it once people have decided.',
      in_progress: 'Ask again: the call runs on, and its outcome is kept.',
      result_expired:
        'Nothing can bring the result back; the ledger has the outcome. Results are kept for 24 hours.',
      expired:
        'Make the call again. Where people need longer, raise `vote_within` or `start_within` of the rule.',
      rejected: 'Do something else; the reason says what the person minded.',
      cancelled: 'Nothing: someone ended it on purpose.',
      stopped:
        'Find out why with `countersign stop list`; an operator lifts it with `countersign stop --lift ID`.',
    },
  },
  {
    title: 'Denials by policy',
    codes: {
      no_rule:
        'If it should be possible, write a rule that covers the effect; `countersign explain` shows which it is.',
      denied_by_rule: 'Follow the rule’s message. `countersign explain` names the rule to an operator.',
      filter_on_masked:
        'Select the column as it is, or leave it out; or say `filter: ask` or `allow` on the mask.',
      carries_mask: 'Leave the masked value out of what is written.',
      policy_tightened: 'Ask those who changed the policy; what was approved before doesn’t count.',
      ask_again: 'Make the call again: it asks afresh.',
      earlier_outcome_open:
        'Find out what became of the earlier call, then `countersign calls settle ID --reason …`.',
      rejected_recently:
        'Don’t ask again. The memory ends after `limits.rejection_memory`, one hour by default.',
      too_many_waiting:
        'Wait until people have decided, or raise `limits.waiting_per_principal` or `waiting_per_group`.',
      too_many_asks: 'Wait, or raise `limits.asks_per_hour`.',
      too_large_to_review: 'Split the call: a person reviews at most 16 KB of text.',
    },
  },
  {
    title: 'Denials by analysis',
    codes: {
      unknown_effect:
        'Write the statement so that it can be told what it does; the message names what could not be.',
      parse_failed: 'Mend the syntax.',
      unknown_object: 'Check the names, and the search path of the connection’s login.',
      not_supported: 'Find another way to do it; the message names the kind of statement.',
      needs_native_session: 'Do without transactions, cursors, temporary objects or `SET` across calls.',
      must_stand_alone: 'Send the statement as a call of its own.',
      target_unavailable: 'Look at the target, and at how the gateway reaches it: `countersign doctor`.',
      address_refused:
        'Look where the name leads. Where that is right, list the address under `allow_addresses` of the connection.',
    },
  },
  {
    title: 'Failures of an execution',
    codes: {
      target_error: 'Read the target’s own words, where masks let them be shown; else its log.',
      schema_changed: 'Make the call again: it is judged by the schema as it is now.',
      effect_drift:
        'Make the call again: its card shows the difference. Two of these in a run, and it is not asked again.',
      effect_unsteady:
        'Tell the user: the rows change faster than people can look at them. A rule with `bind: counts` or a `tolerance` asks for less.',
      cannot_bind:
        'Name the values in the statement, or have a rule with `bind: counts` ask for it ([effects](effects.md)).',
      result_too_large:
        'Ask for fewer rows or columns, or raise `limits`. A write with too large a RETURNING was undone.',
      timed_out: 'Do less at once, or raise `limits.timeout`. Whether anything ran stands beside the code.',
      outcome_unknown:
        'Look at the target. Then settle it: `countersign calls settle ID --reason …`. Never repeat it blindly.',
      wall_refused:
        'Report the statement: the analysis had called it harmless, and the database’s own rights refused it.',
      beyond_effects:
        'Read the call’s events: they name the request. Where kubectl needs it for this line, report it.',
    },
  },
  {
    title: 'Votes',
    codes: {
      already_decided:
        'Nothing: it was decided, or ended, before. `countersign approvals show ID` tells how.',
      not_eligible: 'Leave it to the groups that the card names.',
      own_request: 'Leave it to someone else: owner, requester and the person acted for don’t vote.',
      unmapped_account: 'List the account under `people`, with whom it belongs to.',
      already_voted: 'Nothing: a human counts once, by whichever account.',
      reason_required: 'Vote with a reason: `--reason "…"`.',
      sign_in_again:
        'Approve it on its card in the console, which leads to the identity provider first. A token that `countersign token` made has nothing to sign in with.',
    },
  },
  {
    title: 'Signing in',
    codes: {
      sign_in_failed:
        'Read what the message says, begin again, and do not leave the page open for longer than ten minutes. The gateway’s log has what the identity provider answered.',
      sign_in_pending: 'Open the address that was printed, sign in there, and let the command wait.',
    },
  },
  {
    title: 'Parked runs',
    codes: {
      run_taken: 'Leave it to the process that has it. A lease that is not renewed ends after 15 minutes.',
      lease_lost: 'Stop working on the run here: another process has it, or it is finished.',
      too_many_parked: 'Finish or give up some: `gateway.finish(id)`.',
      not_parkable:
        'Park a run that waits for a guarded call, with a context that is a plain object of JSON values.',
      state_unreadable:
        'Unpark with the `COUNTERSIGN_STATE_KEY` and the principal that parked it; else `finish(id)`.',
      state_outdated:
        'Resume it with the SDK and the tools that parked it, reject what it waits for, or `finish(id)`.',
    },
  },
  {
    title: 'Configuration and the local machine',
    codes: {
      config_invalid:
        'Mend what the message names: file, line, column, what was expected, and the nearest right key.',
      data_locked:
        'Use the gateway that runs on the folder: commands find it by themselves. Or end it first.',
      data_damaged:
        'Restore the folder from a backup. Don’t delete `keys`: without them nothing stored can be read.',
      ledger_inconsistent:
        'Keep the file as it is, and find out who could write to it: it is not what was signed.',
    },
  },
];

const again: Readonly<Record<Retry, string>> = { no: 'no', later: 'later', new_call: 'as a new call' };

const intro = `# Errors

Every error and every reason for a denial has a code that never changes its meaning. It is \`code\` of a
\`CountersignError\`, \`error.code\` in an answer of the API, and \`code\` in an answer of \`--jsonl\`. What a model reads is made
for it, and holds no data of a target and no names of rules.

_HTTP_ is the status that the API answers with where the request itself fails. A call that is denied, or fails, is an
answer like any other: its code stands in it. _Again_ says whether trying again can help: not at all, later with the same
call, or as a new call, which is judged afresh.

\`npx pnpm write-docs\` makes this page from \`packages/core/src/errors.ts\`.
`;

/** The page, whole. */
export function errorReference(): string {
  return [intro, ...sections.map(pageOf)].join('\n');
}

function pageOf({ title, codes }: Section): string {
  const rows = Object.entries(codes).map(([code, what]) => {
    const { status, retry, people } = errorTable[code as ErrorCode];
    return `| \`${code}\` | ${status} | ${again[retry]} | ${people} | ${what} |`;
  });
  const head = ['| code | HTTP | again | what it means | what to do |', '| --- | --- | --- | --- | --- |'];
  return `## ${title}\n\n${[...head, ...rows].join('\n')}\n`;
}
