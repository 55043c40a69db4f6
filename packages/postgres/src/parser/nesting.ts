/** Whether a JSON text nests at most `limit` levels of objects and arrays. One pass, no recursion. */
export function nestingWithin(json: string, limit: number): boolean {
  let level = 0;
  for (let at = 0; at < json.length; at++) {
    const c = json.charCodeAt(at);
    if (c === 0x22) at = endOfString(json, at);
    else if (c === 0x7b || c === 0x5b) {
      if (++level > limit) return false;
    } else if (c === 0x7d || c === 0x5d) level--;
  }
  return true;
}

/** The index of the quote that ends the string beginning at `start`. */
function endOfString(json: string, start: number): number {
  let at = start + 1;
  while (at < json.length) {
    const c = json.charCodeAt(at);
    if (c === 0x22) return at;
    at += c === 0x5c ? 2 : 1;
  }
  return json.length;
}
