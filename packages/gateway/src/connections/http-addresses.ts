/**
 * Which addresses a name may lead to. Whoever controls a name controls where it leads, so what only this machine or its
 * network can reach is refused unless the connection says otherwise: the credential would go there, and the answer to
 * the agent.
 */
import { BlockList, isIPv4, isIPv6 } from 'node:net';

const [ipv4, ipv6] = ['ipv4', 'ipv6'] as const;

/** Loopback, private, link-local, shared, documentation, benchmarks, multicast, reserved (RFC 6890 and its successors). */
const notPublic4: readonly (readonly [string, number])[] = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 3],
  // A cloud's metadata and DHCP server, though its address is a public one.
  ['168.63.129.16', 32],
];

/** Of IPv6 only 2000::/3 is public, and not all of it: Teredo, benchmarks, ORCHID, documentation, 6to4. */
const notPublic6: readonly (readonly [string, number])[] = [
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['3fff::', 20],
];

const block = new BlockList();
for (const [address, bits] of notPublic4) block.addSubnet(address, bits, ipv4);
for (const [address, bits] of notPublic6) block.addSubnet(address, bits, ipv6);
const global6 = new BlockList();
global6.addSubnet('2000::', 3, ipv6);

/** Whether a connection that allows `allowed` beside the public addresses may be made to `address`. */
export function mayReach(address: string, allowed: BlockList): boolean {
  const plain = unmapped(address);
  if (isIPv4(plain)) return allowed.check(plain, ipv4) || !block.check(plain, ipv4);
  // With a zone it is an address of this link.
  if (!isIPv6(plain) || plain.includes('%')) return false;
  return allowed.check(plain, ipv6) || (global6.check(plain, ipv6) && !block.check(plain, ipv6));
}

/** An IPv4 address that is dressed as an IPv6 one is judged as what it is. */
function unmapped(address: string): string {
  if (!isIPv6(address) || address.includes('%')) return address;
  const canonical = URL.parse(`http://[${address}]`)?.hostname.slice(1, -1) ?? address;
  const [, high, low] = /^::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/.exec(canonical) ?? [];
  if (high === undefined || low === undefined) return canonical;
  const [a, b] = [Number.parseInt(high, 16), Number.parseInt(low, 16)];
  return [a >> 8, a & 255, b >> 8, b & 255].join('.');
}
