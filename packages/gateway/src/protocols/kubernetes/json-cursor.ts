/**
 * Goes through a JSON text, value by value, without making anything of it. What has not the structure of JSON is a
 * `SyntaxError`; how strings and numbers are spelled is left to who reads them.
 */
export class JsonCursor {
  readonly text: string;
  at = 0;
  /** Whether it has just gone into a container. */
  #fresh = false;

  constructor(text: string) {
    this.text = text;
  }

  get here(): string | undefined {
    return this.text[this.at];
  }

  blank(): void {
    while (this.text.charCodeAt(this.at) <= 0x20) this.at++;
  }

  /** Goes into the object or list that begins here. */
  enter(): void {
    this.at++;
    this.#fresh = true;
  }

  /** Goes to the next member or item of the container it is in; false at its end, of which it goes out. */
  next(close: '}' | ']'): boolean {
    this.blank();
    const fresh = this.#fresh;
    this.#fresh = false;
    if (this.here === close) {
      this.at++;
      return false;
    }
    if (!fresh) {
      this.#expect(',');
      this.blank();
    }
    return true;
  }

  /** At the end of the text there is nothing but blanks. */
  end(): void {
    this.blank();
    if (this.at !== this.text.length) throw noJson();
  }

  #expect(character: string): void {
    if (this.here !== character) throw noJson();
    this.at++;
  }

  /** Goes from the name of a member, which has been read, to its value. */
  colon(): void {
    this.blank();
    this.#expect(':');
    this.blank();
  }

  /** Reads the string that begins here, and goes to its end. */
  string(): string {
    const from = this.at;
    this.#skipString();
    const raw = this.text.slice(from, this.at);
    return raw.includes('\\') ? (JSON.parse(raw) as string) : raw.slice(1, -1);
  }

  /** Reads the string that begins here, and stays; empty where none begins here. */
  peek(): string {
    if (this.here !== '"') return '';
    const back = this.at;
    const text = this.string();
    this.at = back;
    return text;
  }

  /** The member of that name of the object that begins here, as it stands; null where it has none. Stays. */
  member(name: string): string | null {
    const back = this.at;
    let found: string | null = null;
    this.enter();
    while (this.next('}')) {
      const key = this.string();
      this.colon();
      const raw = this.skip();
      if (key === name) found = raw;
    }
    this.at = back;
    this.#fresh = false;
    return found;
  }

  /** Goes to the end of the value that begins here. @returns it, as it stands. */
  skip(): string {
    const from = this.at;
    let depth = 0;
    do {
      const c = this.text.charCodeAt(this.at);
      if (c === quote) this.#skipString();
      else if (isLiteral(c)) this.#skipLiteral();
      else {
        if (!(c > 0)) throw noJson();
        if (c === openBrace || c === openBracket) depth++;
        else if (c === closeBrace || c === closeBracket) depth--;
        this.at++;
      }
    } while (depth > 0);
    return this.text.slice(from, this.at);
  }

  #skipString(): void {
    this.#expect('"');
    for (; this.at < this.text.length; this.at++) {
      const c = this.text.charCodeAt(this.at);
      if (c === backslash) this.at++;
      else if (c === quote) {
        this.at++;
        return;
      }
    }
    throw noJson();
  }

  #skipLiteral(): void {
    while (isLiteral(this.text.charCodeAt(this.at))) this.at++;
  }
}

const noJson = () => new SyntaxError('this is no JSON');

const [quote, backslash] = [0x22, 0x5c] as const;
const [openBrace, closeBrace, openBracket, closeBracket] = [0x7b, 0x7d, 0x5b, 0x5d] as const;

/** Letters, digits, and the signs of a number. */
const isLiteral = (c: number): boolean =>
  (c >= 0x30 && c <= 0x39) ||
  (c >= 0x61 && c <= 0x7a) ||
  (c >= 0x41 && c <= 0x5a) ||
  c === 0x2d ||
  c === 0x2b ||
  c === 0x2e;
