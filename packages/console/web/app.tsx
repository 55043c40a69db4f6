/** The console: who is signed in, where we are, and the page that is there. */
import { useEffect } from 'preact/hooks';
import { Frame } from './frame/frame.tsx';
import { CardPage } from './pages/card-page.tsx';
import { Connections } from './pages/connections.tsx';
import { Inbox } from './pages/inbox.tsx';
import { Policy } from './pages/policy.tsx';
import { Run } from './pages/run.tsx';
import { Runs } from './pages/runs.tsx';
import { SignIn } from './pages/sign-in.tsx';
import { Stop } from './pages/stop.tsx';
import { Link, usePath } from './router.tsx';
import { SessionContext, useSignedIn } from './session.tsx';

export function App() {
  const { signed, look } = useSignedIn();
  useEffect(() => {
    const seen = () => document.visibilityState === 'visible' && look();
    document.addEventListener('visibilitychange', seen);
    // A session that was revoked says so within moments, not at the next click.
    const timer = setInterval(look, 60_000);
    return () => {
      clearInterval(timer);
      document.removeEventListener('visibilitychange', seen);
    };
  }, [look]);
  switch (signed.as) {
    case 'unknown':
      return null;
    case 'nobody':
      return <SignIn />;
    case 'unreachable':
      return <SignIn problem={signed.why} again={look} />;
    case 'somebody':
      return (
        <SessionContext.Provider value={signed.session}>
          <Frame onRefused={look}>
            <Page />
          </Frame>
        </SessionContext.Provider>
      );
  }
}

function Page() {
  const { path, query } = usePath();
  const [, room = '', id] = path.split('/').map(decoded);
  if (room === '') return <Inbox />;
  if (room === 'approvals' && id !== undefined) return <CardPage key={id} id={id} />;
  if (room === 'runs' && id !== undefined) return <Run key={id} id={id} />;
  if (room === 'runs') return <Runs query={query} />;
  if (room === 'connections') return <Connections />;
  if (room === 'policy') return <Policy />;
  if (room === 'stop') return <Stop />;
  return (
    <section class="page">
      <h1>There is nothing here</h1>
      <p>
        The address may be cut short. <Link to="/">Go to the inbox</Link>.
      </p>
    </section>
  );
}

function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}
