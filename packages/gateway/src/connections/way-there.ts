/** How a PostgreSQL connection travels, as its socket tells it: not what the URL asks for, but what came of it. */
import type { Client } from 'pg';

export interface WayThere {
  readonly encryption: 'none' | 'unverified' | 'verified';
  /** Whether it leaves this machine. */
  readonly remote: boolean;
}

/** @param client One that is connected. */
export function wayThere(client: Client): WayThere {
  // What the driver keeps of a connection, and its types leave out.
  const { stream } = client.connection as unknown as {
    readonly stream: {
      readonly encrypted?: boolean;
      readonly authorized?: boolean;
      readonly remoteAddress?: string;
    };
  };
  const address = stream.remoteAddress;
  return {
    encryption: stream.encrypted !== true ? 'none' : stream.authorized === true ? 'verified' : 'unverified',
    // A socket in the file system has no address.
    remote: address !== undefined && !/^(?:::ffff:)?127\.|^::1$/.test(address),
  };
}
