import { BlockList } from 'node:net';
import { describe, expect, test } from '@jest/globals';
import { mayReach } from './http-addresses.ts';

const none = new BlockList();

describe('never 43: addresses that only this machine or its network can reach', () => {
  test.each([
    '0.0.0.0',
    '10.1.2.3',
    '100.64.0.1',
    '100.100.100.200',
    '127.0.0.1',
    '127.255.255.254',
    '168.63.129.16',
    '169.254.169.254',
    '172.16.0.1',
    '172.31.255.255',
    '192.0.0.192',
    '192.168.1.1',
    '198.18.0.1',
    '224.0.0.1',
    '240.0.0.1',
    '255.255.255.255',
    '::',
    '::1',
    '0:0:0:0:0:0:0:1',
    '::ffff:127.0.0.1',
    '::ffff:7f00:1',
    '0:0:0:0:0:ffff:a9fe:a9fe',
    '::ffff:0:127.0.0.1',
    '::127.0.0.1',
    '64:ff9b::7f00:1',
    '64:ff9b:1::1',
    '2002:7f00:1::',
    '2001:0:1::1',
    '2001:db8::1',
    'fc00::1',
    'fd00:ec2::254',
    'fe80::1',
    'fe80::1%eth0',
    'fec0::1',
    'ff02::1',
    '2606:4700::1%eth0',
    'localhost',
    '127.1',
    '0x7f.0.0.1',
    '2130706433',
    '',
  ])('%j is refused', (address) => {
    expect(mayReach(address, none)).toBe(false);
  });
});

test.each(['1.1.1.1', '8.8.8.8', '172.32.0.1', '2606:4700:4700::1111', '2a00:1450::1', '::ffff:8.8.8.8'])(
  '%s is public',
  (address) => expect(mayReach(address, none)).toBe(true),
);

test('what a connection allows may be reached, in either dress, and nothing beside it', () => {
  const allowed = new BlockList();
  allowed.addSubnet('10.0.0.0', 8, 'ipv4');
  allowed.addAddress('::1', 'ipv6');
  expect(
    ['10.9.9.9', '::ffff:10.0.0.1', '::1', '11.0.0.1', '127.0.0.1', '::2', '192.168.0.1'].map((address) =>
      mayReach(address, allowed),
    ),
  ).toEqual([true, true, true, true, false, false, false]);
});
