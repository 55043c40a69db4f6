/** The time, once a second for everything that shows a clock. */
import { useEffect, useState } from 'preact/hooks';
import { gatewayAhead } from './gateway.ts';

/** What the gateway's clock says. Milliseconds since the epoch. */
export function useNow(): number {
  const [now, setNow] = useState(() => Date.now() + gatewayAhead());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now() + gatewayAhead()), 1000);
    return () => clearInterval(timer);
  }, []);
  return now;
}
