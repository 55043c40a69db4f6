/** What is around every page: where one can go, what waits, whether what is shown is up to date. */

import type { ApprovalList } from '@countersign/core';
import type { ComponentChildren } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import icon from '../icon.svg';
import { onState, openLive } from '../live.ts';
import { useResource } from '../resource.ts';
import { Link, usePath } from '../router.tsx';
import { has, signOut, useSession } from '../session.tsx';
import { changeTypes } from './change-types.ts';
import { Icon, type IconName } from './icon.tsx';

interface Place {
  readonly to: string;
  readonly name: string;
  readonly icon: IconName;
}

const inbox: Place = { to: '/', name: 'Inbox', icon: 'inbox' };
const runs: Place = { to: '/runs', name: 'Runs', icon: 'runs' };
const connections: Place = { to: '/connections', name: 'Connections', icon: 'connections' };
const policy: Place = { to: '/policy', name: 'Policy', icon: 'policy' };
const stop: Place = { to: '/stop', name: 'Stop', icon: 'stop' };

export function Frame({ children, onRefused }: { children: ComponentChildren; onRefused: () => void }) {
  const session = useSession();
  const { path } = usePath();
  // One card and the count: every page that is open asks for it at every change, looked at or not.
  const waiting = useResource<ApprovalList>('/v1/approvals?limit=1', { live: true });
  const mine = waiting.value?.waiting_for_me ?? 0;
  const [state, setState] = useState('connecting');
  useEffect(() => onState(setState), []);
  useEffect(() => openLive('/v1/approvals/events', changeTypes), []);
  useEffect(() => {
    document.title = mine === 0 ? 'Countersign' : `(${mine}) Countersign`;
  }, [mine]);
  const refused = waiting.error?.status === 401;
  useEffect(() => {
    if (refused) onRefused();
  }, [refused, onRefused]);
  const operates = has(session, 'operator');
  const places = [
    inbox,
    runs,
    connections,
    ...(operates || has(session, 'auditor') ? [policy] : []),
    ...(operates ? [stop] : []),
  ];
  const isHere = ({ to }: Place) =>
    to === '/' ? path === '/' || path.startsWith('/approvals/') : path.startsWith(to);
  return (
    <div class="frame">
      <a class="skip" href="#page">
        To the page
      </a>
      <header class="bar">
        <Link to="/" class="brand" aria-label="Countersign, inbox">
          <img src={icon} alt="" width={26} height={26} />
          <span>Countersign</span>
        </Link>
        <nav aria-label="Pages">
          {places.map((place) => (
            <Link to={place.to} aria-current={isHere(place) ? 'page' : undefined}>
              <Icon name={place.icon} />
              <span>{place.name}</span>
              {place === inbox && mine > 0 ? <b class="count">{mine > 99 ? '99+' : mine}</b> : null}
            </Link>
          ))}
        </nav>
        <Who />
      </header>
      <main id="page" tabIndex={-1}>
        <p class={`live ${state}`} role="status">
          {state === 'lost'
            ? 'The gateway can’t be reached. Trying again; what you see may be out of date.'
            : ''}
        </p>
        {children}
      </main>
    </div>
  );
}

function Who() {
  const session = useSession();
  return (
    <details class="who">
      <summary aria-label="Who is signed in">
        <span class="face" aria-hidden="true">
          {(session.person ?? '?').slice(0, 1).toUpperCase()}
        </span>
      </summary>
      <div class="menu">
        <p>
          <b>{session.person ?? 'Nobody under people'}</b>
          <br />
          <small>{session.account}</small>
        </p>
        <p>
          <small>
            {session.groups.length === 0 ? 'In no group' : `In ${session.groups.join(', ')}`}
            {session.roles.length === 0 ? '; may do nothing here' : `; ${session.roles.join(', ')}`}
          </small>
        </p>
        <button type="button" onClick={() => void signOut()}>
          Sign out
        </button>
      </div>
    </details>
  );
}
