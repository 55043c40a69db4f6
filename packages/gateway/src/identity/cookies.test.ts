import { describe, expect, test } from '@jest/globals';
import { addressOf } from './address.ts';
import { cookieName, readCookie, setCookie } from './cookies.ts';

const https = new URL('https://countersign.example');
const http = new URL('http://127.0.0.1:7400');

describe('a cookie', () => {
  test('on https is this host’s alone, encrypted, and out of the reach of scripts', () => {
    expect(setCookie(cookieName('countersign', https), 'x', { origin: https, sameSite: 'Strict' })).toBe(
      '__Host-countersign=x; Path=/; HttpOnly; SameSite=Strict; Secure',
    );
  });

  test('on plain http has its port in its name: another gateway of the machine has its own', () => {
    expect(
      setCookie(cookieName('countersign', http), 'x', { origin: http, sameSite: 'Lax', maxAge: 0 }),
    ).toBe('countersign-7400=x; Path=/; HttpOnly; SameSite=Lax; Max-Age=0');
  });

  test.each([
    ['a=1; countersign-7400=x; b=2', 'x'],
    ['countersign-7400=x', 'x'],
    ['xcountersign-7400=x', null],
    ['countersign-74000=x', null],
    ['countersign-7400=x; countersign-7400=y', null],
    ['countersign-7400=x; countersign-7400=', null],
    ['countersign-7400="x"', null],
    ['countersign-7400=x y', null],
    ['countersign-7400=', null],
    [`countersign-7400=${'x'.repeat(4001)}`, null],
    ['', null],
    [undefined, null],
  ])('is found in %j as %j', (header, value) => {
    expect(readCookie(header, cookieName('countersign', http))).toBe(value);
  });
});

describe('the gateway’s own pages', () => {
  test('are those of the address that the policy names, and of no other', () => {
    const { origin, origins } = addressOf('http://127.0.0.1:7400', 'https://countersign.example');
    expect([origin.origin, [...origins]]).toEqual([
      'https://countersign.example',
      ['https://countersign.example'],
    ]);
  });

  test('else those of this machine, under any of its names, at this port', () => {
    expect([...addressOf('http://localhost:7400', null).origins].toSorted()).toEqual([
      'http://127.0.0.1:7400',
      'http://[::1]:7400',
      'http://localhost:7400',
    ]);
    expect([...addressOf('https://0.0.0.0:7400', null).origins]).toEqual(['https://0.0.0.0:7400']);
  });
});
