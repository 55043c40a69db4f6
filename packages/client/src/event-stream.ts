/** Reading server-sent events: bounded, by their names, and with the place from which a stream can be taken up again. */
import { CountersignError } from '@countersign/core';

/** One event. */
export interface ServerEvent {
  /** `ready`, `asked`, `decided` …; `message` where the server names none. */
  readonly name: string;
  readonly data: string;
}

/** Characters that one event may have. */
const mostCharacters = 64 * 1024;

/**
 * Reads a stream to its end.
 *
 * @param seen Told of each place that the stream has come to.
 * @throws {CountersignError} `internal` for an event beyond the limit; whatever the stream fails with.
 */
export async function* readEvents(
  body: AsyncIterable<Uint8Array>,
  seen: (id: string) => void,
): AsyncGenerator<ServerEvent> {
  const decoder = new TextDecoder();
  let rest = '';
  let name = '';
  let data: string[] = [];
  let size = 0;
  for await (const chunk of body) {
    rest += decoder.decode(chunk, { stream: true });
    const lines = rest.split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      size += line.length;
      if (size + rest.length > mostCharacters)
        throw new CountersignError('internal', { what: 'the gateway sent an event that is too long' });
      if (line === '') {
        if (data.length > 0) yield { name: name === '' ? 'message' : name, data: data.join('\n') };
        [name, data, size] = ['', [], 0];
        continue;
      }
      const [, field = '', value = ''] = /^([^:]*)(?:: ?(.*))?$/.exec(line) ?? [];
      if (field === 'id') seen(value);
      else if (field === 'event') name = value;
      else if (field === 'data') data.push(value);
    }
    if (rest.length > mostCharacters)
      throw new CountersignError('internal', { what: 'the gateway sent an event that is too long' });
  }
}
