/** Goes through a text that is known to be JSON, value by value, without making anything of it. */
export class JsonCursor {
  readonly text: string;
  at = 0;

  /** @param text JSON: what is none leads anywhere. */
  constructor(text: string) {
    this.text = text;
  }

  get here(): string | undefined {
    return this.text[this.at];
  }

  blank(): void {
    while (this.text.charCodeAt(this.at) <= 0x20) this.at++;
  }

  /** Goes to the next member or item of the container it is in; false at its end. */
  next(): boolean {
    this.blank();
    if (this.here === ',') {
      this.at++;
      this.blank();
    }
    return this.here !== '}' && this.here !== ']';
  }

  /** Goes from the name of a member, which has been read, to its value. */
  colon(): void {
    this.blank();
    this.at++;
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

  /** The text of the member of that name of the object that begins here; null where it has none. Stays. */
  textOf(name: string): string | null {
    const back = this.at;
    let found: string | null = null;
    this.at++;
    while (this.next()) {
      const key = this.string();
      this.colon();
      if (key === name && this.here === '"') found = this.string();
      else this.skip();
    }
    this.at = back;
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
        if (c === openBrace || c === openBracket) depth++;
        else if (c === closeBrace || c === closeBracket) depth--;
        this.at++;
      }
    } while (depth > 0);
    return this.text.slice(from, this.at);
  }

  #skipString(): void {
    for (this.at++; ; this.at++) {
      const c = this.text.charCodeAt(this.at);
      if (c === backslash) this.at++;
      else if (c === quote) break;
    }
    this.at++;
  }

  #skipLiteral(): void {
    while (isLiteral(this.text.charCodeAt(this.at))) this.at++;
  }
}

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
