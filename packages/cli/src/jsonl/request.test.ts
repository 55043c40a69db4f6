import { asCountersignError } from '@countersign/core';
import { describe, expect, test } from '@jest/globals';
import { maxLineBytes, parseRequest } from './request.ts';

const read = (line: string) => parseRequest(Buffer.from(line));
const refused = (line: string) => {
  try {
    read(line);
  } catch (thrown) {
    const { code, message } = asCountersignError(thrown);
    return `${code}: ${message}`;
  }
  return 'accepted';
};

describe('a line is a call in the fields of its protocol', () => {
  test('SQL, kubectl and HTTP', () => {
    expect(read('{"id":"7","sql":"SELECT $1","params":[1,null,"x",true]}')).toEqual({
      id: '7',
      purpose: null,
      input: { sql: 'SELECT $1', params: [1, null, 'x', true] },
    });
    expect(read('{"id":"8","argv":["get","pods"],"stdin":"…"}').input).toEqual({
      argv: ['get', 'pods'],
      stdin: '…',
    });
    expect(
      read('{"id":"9","method":"GET","path":"/v1/x","headers":[["accept","text/plain"]],"body":"…"}').input,
    ).toEqual({ method: 'GET', path: '/v1/x', headers: [['accept', 'text/plain']], body: '…' });
  });

  test('its id may be a string, a number or left out', () => {
    expect(read('{"id":12,"sql":"SELECT 1"}').id).toBe(12);
    expect(read('{"sql":"SELECT 1"}').id).toBeNull();
  });

  test.each([
    ['', 'malformed: The request was malformed: an empty line; expected one JSON object.'],
    ['[1]', 'malformed: The request was malformed: no JSON object; expected one JSON object a line.'],
    ['null', 'malformed: The request was malformed: no JSON object; expected one JSON object a line.'],
    [
      '{"id":"1"}',
      'malformed: The request was malformed: an object that is no call; expected "sql", or "argv", or "method" and "path".',
    ],
    [
      '{"sql":5}',
      'malformed: The request was malformed: sql: Invalid input: expected string, received number.',
    ],
    ['{"sql":"SELECT 1","argv":["x"]}', 'malformed: The request was malformed: Unrecognized key: "argv".'],
    [
      '{"sql":"SELECT 1","sql":"DELETE FROM t"}',
      'malformed: The request was malformed: the key "sql" twice in one object; expected each key once.',
    ],
    [
      '{"sql":"SELECT $1","params":[12345678901234567890]}',
      'malformed: The request was malformed: the number 12345678901234567890; expected a number that prints back as it was written, or a string: "12345678901234567890".',
    ],
    [
      '{"sql":"\\ud800"}',
      'malformed: The request was malformed: a lone surrogate; expected well-formed unicode.',
    ],
    [
      '{"__proto__":{"sql":"SELECT 1"}}',
      'malformed: The request was malformed: the key "__proto__"; expected another key.',
    ],
    [
      '{"sql":"a"',
      'malformed: The request was malformed: text that is not JSON; expected one JSON document.',
    ],
  ])('never 12: what could be read two ways is refused: %s', (line, message) => {
    expect(refused(line)).toBe(message);
  });

  test('a line over 1 MiB is too large', () => {
    expect(() => parseRequest(null)).toThrow(`a line; expected at most ${maxLineBytes} bytes`);
  });
});
