/** International bank account numbers: a country, its length, and the check digits by modulo 97. Blanks between groups are fine. */
import { type Detector, isAlphanumeric, isDigit, isLetter, isSeparator, type Span } from './detector.ts';

/** The length of each country's numbers, from the registry; and of those that use the form without being in it. */
const lengths: ReadonlyMap<string, number> = new Map(
  (
    'AD24 AE23 AL28 AT20 AZ28 BA20 BE16 BG22 BH22 BI27 BR29 BY28 CH21 CR22 CY28 CZ24 DE22 DJ27 DK18 DO28 EE20 EG29 ES24 ' +
    'FI18 FK18 FO18 FR27 GB22 GE22 GI23 GL18 GR27 GT28 HN28 HR21 HU28 IE22 IL23 IQ23 IS26 IT27 JO30 KW30 KZ20 LB28 LC32 ' +
    'LI21 LT20 LU20 LV21 LY25 MC27 MD24 ME22 MK19 MN20 MR27 MT31 MU30 NI28 NL18 NO15 OM23 PK24 PL28 PS29 PT25 QA29 RO24 ' +
    'RS22 RU33 SA24 SC31 SD18 SE24 SI19 SK24 SM27 SO23 ST25 SV28 TL23 TN24 TR26 UA29 VA22 VG24 XK20 YE30 ' +
    'AO25 BF28 BJ28 CF27 CG27 CI28 CM27 CV25 DZ26 GA27 GQ27 GW25 IR26 KM27 MA28 MG27 ML28 MZ25 NE28 SN28 TD27 TG28'
  )
    .split(' ')
    .map((entry) => [entry.slice(0, 2), Number(entry.slice(2))]),
);

/** What may stand between two groups. */
const isBetween = (unit: number): boolean => isSeparator(unit) || unit === 0x2e;

/** The number that begins at `start`: as many letters and digits as its country has. */
function numberAt(text: string, start: number): Span | null {
  const length = lengths.get(text.slice(start, start + 2).toUpperCase());
  if (length === undefined || isAlphanumeric(text.charCodeAt(start - 1))) return null;
  let compact = '';
  let at = start;
  while (compact.length < length && at < text.length) {
    const unit = text.charCodeAt(at);
    if (isAlphanumeric(unit)) compact += text[at];
    else if (!isBetween(unit) || isBetween(text.charCodeAt(at + 1))) return null;
    at++;
  }
  if (compact.length < length || isAlphanumeric(text.charCodeAt(at))) return null;
  return checks(compact.toUpperCase()) ? { start, end: at } : null;
}

/** Country and check digits go to the end, letters count from 10; the whole is 1 modulo 97. */
function checks(compact: string): boolean {
  let rest = 0;
  for (const character of compact.slice(4) + compact.slice(0, 4)) {
    const value = Number.parseInt(character, 36);
    rest = (rest * (value > 9 ? 100 : 10) + value) % 97;
  }
  return rest === 1;
}

export const iban: Detector = (text) => {
  const spans: Span[] = [];
  for (let at = 0; at + 15 <= text.length; at++) {
    // The check digits are rarer than the country's letters, so they are looked at first.
    if (!isDigit(text.charCodeAt(at + 2)) || !isDigit(text.charCodeAt(at + 3))) continue;
    if (!isLetter(text.charCodeAt(at)) || !isLetter(text.charCodeAt(at + 1))) continue;
    const span = numberAt(text, at);
    if (span !== null) spans.push(span);
  }
  return spans;
};
