/** The detectors by the names that policy files use. */
import type { DetectorName } from '@countersign/core';
import { apiKey } from './api-key.ts';
import { creditCard } from './credit-card.ts';
import type { Detector } from './detector.ts';
import { email } from './email.ts';
import { iban } from './iban.ts';
import { ipAddress } from './ip-address.ts';
import { jwt } from './jwt.ts';
import { phone } from './phone.ts';
import { privateKey } from './private-key.ts';
import { usSsn } from './us-ssn.ts';

export type Detectors = Readonly<Record<DetectorName, Detector>>;

/** What a text must have for a detector to find anything: most cells are told apart by this alone. */
const digit = /[0-9]/;
const when =
  (may: (text: string) => boolean, detector: Detector): Detector =>
  (text) =>
    may(text) ? detector(text) : [];

export const allDetectors: Detectors = Object.freeze({
  email: when((text) => text.includes('@') || text.includes('%40'), email),
  phone: when((text) => text.length >= 8 && digit.test(text), phone),
  credit_card: when((text) => text.length >= 13 && digit.test(text), creditCard),
  iban: when((text) => text.length >= 15 && digit.test(text), iban),
  us_ssn: when((text) => text.length >= 11 && digit.test(text), usSsn),
  ip_address: when((text) => digit.test(text), ipAddress),
  jwt: when((text) => text.includes('eyJ'), jwt),
  private_key: when((text) => text.includes('PRIVATE KEY') || text.includes('PuTTY-'), privateKey),
  api_key: when((text) => text.length >= 10, apiKey),
});
