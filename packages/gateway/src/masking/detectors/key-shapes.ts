/** The prefixes that providers gave their keys so that scanners can find them. */
import { isAlphanumeric, isDigit, isTokenUnit, isUpper } from './detector.ts';

/** A key that announces itself. */
export interface Shape {
  readonly prefix: string;
  /** The fewest units after the prefix. */
  readonly least: number;
  readonly of: (unit: number) => boolean;
  /** What the rest must also hold, where the prefix begins ordinary names too. */
  readonly mix?: readonly RegExp[];
}

const isUpperOrDigit = (unit: number): boolean => isUpper(unit) || isDigit(unit);
const isHex = (unit: number): boolean => isDigit(unit) || (unit >= 0x61 && unit <= 0x66);
const isDottedToken = (unit: number): boolean => isTokenUnit(unit) || unit === 0x2e;
/** Base64 with its padding. */
const isBase64 = (unit: number): boolean =>
  isAlphanumeric(unit) || unit === 0x2b || unit === 0x2f || unit === 0x3d;
/** RFC 6750's token68. */
const isBearer = (unit: number): boolean => isBase64(unit) || isDottedToken(unit) || unit === 0x7e;

const many = (prefixes: string, rest: Omit<Shape, 'prefix'>): readonly Shape[] =>
  prefixes.split(' ').map((prefix) => ({ prefix, ...rest }));

export const shapes: readonly Shape[] = [
  // AWS access key ids, of users and of sessions; Alibaba's.
  ...many('AKIA ASIA ABIA ACCA', { least: 16, of: isUpperOrDigit }),
  { prefix: 'LTAI', least: 16, of: isAlphanumeric, mix: [/[0-9]/, /[a-z]/] },
  // GitHub, GitLab, Atlassian.
  ...many('ghp_ gho_ ghu_ ghs_ ghr_', { least: 30, of: isAlphanumeric }),
  { prefix: 'github_pat_', least: 22, of: isTokenUnit },
  ...many('glpat- gldt- glrt- glsoat- glptt- glft- glcbt- glagent- gloas- glffct- glimt-', {
    least: 20,
    of: isDottedToken,
  }),
  { prefix: 'GR1348941', least: 20, of: isTokenUnit },
  ...many('ATATT3 ATCTT3', { least: 40, of: isBase64orToken }),
  { prefix: 'ATBB', least: 30, of: isAlphanumeric, mix: [/[0-9]/, /[a-z]/, /[A-Z]/] },
  // Slack.
  ...many('xoxb- xoxp- xoxa- xoxr- xoxs- xoxe- xoxe. xapp-', { least: 10, of: isDottedToken }),
  { prefix: 'hooks.slack.com/services/', least: 20, of: isBase64 },
  // Stripe, Square, Razorpay, Plaid.
  ...many('sk_live_ sk_test_ rk_live_ rk_test_ whsec_', { least: 16, of: isBase64 }),
  ...many('sq0atp- sq0csp-', { least: 22, of: isTokenUnit }),
  { prefix: 'EAAA', least: 50, of: isTokenUnit, mix: [/[0-9]/, /[a-z]/, /[A-Z]/] },
  ...many('EZAK EZTK', { least: 54, of: isAlphanumeric, mix: [/[0-9]/, /[a-z]/] }),
  ...many('shippo_live_ shippo_test_', { least: 40, of: isHex }),
  ...many('duffel_live_ duffel_test_', { least: 40, of: isTokenUnit }),
  ...many('FLWSECK_TEST- FLWSECK-', { least: 12, of: isTokenUnit }),
  ...many('live_ test_', { least: 35, of: isHex }),
  ...many('rzp_live_ rzp_test_', { least: 14, of: isAlphanumeric }),
  ...many('access-sandbox- access-production-', { least: 32, of: isTokenUnit }),
  // Google: API keys, OAuth access tokens and client secrets.
  { prefix: 'AIza', least: 35, of: isTokenUnit },
  { prefix: 'ya29.', least: 20, of: isDottedToken },
  { prefix: 'GOCSPX-', least: 20, of: isTokenUnit },
  // Model providers.
  { prefix: 'sk-', least: 20, of: isTokenUnit, mix: [/[0-9]/, /[a-z]/, /[A-Z]/] },
  { prefix: 'hf_', least: 30, of: isAlphanumeric },
  ...many('gsk_ xai- pplx-', { least: 40, of: isAlphanumeric }),
  { prefix: 'r8_', least: 36, of: isAlphanumeric },
  ...many('lsv2_pt_ lsv2_sk_', { least: 30, of: isTokenUnit }),
  { prefix: 'pa-', least: 43, of: isTokenUnit, mix: [/[0-9]/, /[a-z]/, /[A-Z]/] },
  // Registries and build services.
  { prefix: 'npm_', least: 36, of: isAlphanumeric },
  { prefix: 'pypi-', least: 50, of: isTokenUnit },
  { prefix: 'rubygems_', least: 40, of: isHex },
  ...many('dckr_pat_ dckr_oat_', { least: 20, of: isTokenUnit }),
  { prefix: 'CCIPAT_', least: 40, of: isTokenUnit },
  { prefix: 'oy2', least: 43, of: isAlphanumeric, mix: [/[0-9]/, /[a-z]/] },
  { prefix: 'CLOJARS_', least: 60, of: isAlphanumeric },
  { prefix: 'AKCp', least: 10, of: isAlphanumeric, mix: [/[0-9]/, /[a-z]/, /[A-Z]/] },
  ...many('bkua_ ddp_', { least: 36, of: isAlphanumeric }),
  ...many('squ_ sqp_ sqa_', { least: 40, of: isHex }),
  ...many('sgp_', { least: 40, of: isTokenUnit }),
  // Design, documents, chat, data.
  ...many('figd_ figo_', { least: 36, of: isTokenUnit }),
  { prefix: 'fio-u-', least: 60, of: isTokenUnit },
  { prefix: 'secret_', least: 43, of: isAlphanumeric, mix: [/[0-9]/, /[a-z]/, /[A-Z]/] },
  { prefix: 'EAA', least: 50, of: isAlphanumeric, mix: [/[0-9]/, /[a-z]/, /[A-Z]/] },
  ...many('phc_ phx_', { least: 40, of: isAlphanumeric }),
  { prefix: 'ico-', least: 32, of: isAlphanumeric, mix: [/[0-9]/, /[a-zA-Z]/] },
  { prefix: 'API-', least: 26, of: isUpperOrDigit, mix: [/[0-9]/, /[A-Z]/] },
  { prefix: 'ops_eyJ', least: 100, of: isBase64orToken },
  // Clouds and services.
  { prefix: 'AQVN', least: 35, of: isTokenUnit, mix: [/[0-9]/, /[a-z]/] },
  { prefix: 'HRKU-', least: 36, of: isTokenUnit },
  { prefix: 'sha256~', least: 43, of: isTokenUnit },
  { prefix: 'v1.0-', least: 150, of: isTokenUnit },
  { prefix: 'sl.', least: 60, of: isTokenUnit, mix: [/[0-9]/, /[a-z]/, /[A-Z]/] },
  { prefix: 'FlyV1 ', least: 40, of: isBase64orToken },
  { prefix: 'fm2_', least: 60, of: isBase64 },
  { prefix: 'SG.', least: 60, of: isDottedToken },
  ...many('dop_v1_ doo_v1_ dor_v1_', { least: 60, of: isAlphanumeric }),
  { prefix: 'dapi', least: 32, of: isAlphanumeric, mix: [/[0-9]/, /[a-z]/] },
  ...many('hvs. hvb. hvr.', { least: 20, of: isTokenUnit }),
  ...many('shpat_ shpss_ shpca_ shppa_', { least: 32, of: isAlphanumeric }),
  { prefix: 'lin_api_', least: 30, of: isAlphanumeric },
  ...many('sntrys_ sntryu_', { least: 30, of: isBase64orToken }),
  ...many('glc_ glsa_', { least: 32, of: isBase64orToken }),
  ...many('PMAK- NRAK- NRJS- NRII-', { least: 20, of: isTokenUnit }),
  ...many('pscale_tkn_ pscale_pw_ pscale_oauth_', { least: 32, of: isDottedToken }),
  ...many('sbp_ sb_secret_', { least: 20, of: isTokenUnit }),
  ...many('pul- nfp_ pnu_ rdme_ tfp_ ntn_', { least: 36, of: isAlphanumeric }),
  { prefix: 'tskey-', least: 20, of: isTokenUnit },
  { prefix: 'xkeysib-', least: 60, of: isTokenUnit },
  ...many('dp.pt. dp.st. dp.sa.', { least: 40, of: isDottedToken }),
  { prefix: 'dt0c01.', least: 60, of: isDottedToken },
  { prefix: 'pat-na1-', least: 32, of: isTokenUnit },
  { prefix: 'key-', least: 32, of: isHex },
  ...many('AC SK', { least: 32, of: isHex }),
  { prefix: 'AccountKey=', least: 40, of: isBase64 },
  { prefix: 'SharedAccessKey=', least: 40, of: isBase64 },
  // Countersign's own tokens.
  ...many('cs_agent_ cs_service_ cs_person_ cs_operator_ cs_local_', { least: 43, of: isTokenUnit }),
  // HTTP's own way to say so.
  ...['Bearer ', 'bearer '].map((prefix) => ({
    prefix,
    least: 20,
    of: isBearer,
    mix: [/[0-9]/, /[A-Za-z]/],
  })),
  ...['Basic ', 'basic '].map((prefix) => ({ prefix, least: 12, of: isBase64, mix: [/[0-9]/, /[A-Z]/] })),
  { prefix: 'AGE-SECRET-KEY-1', least: 50, of: isUpperOrDigit },
];

function isBase64orToken(unit: number): boolean {
  return isBase64(unit) || isDottedToken(unit);
}
