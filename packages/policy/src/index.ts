/**
 * Effects, lineage and a principal in; a decision and a mask plan out. Pure: no I/O.
 *
 * @module
 */
export type { Expectation } from './cases/policy-case.ts';
export { type PolicyTestOptions, type PolicyTestResult, runPolicyTests } from './cases/run-policy-tests.ts';
export { decide } from './decide/decide.ts';
export {
  humanOf,
  isKnownAccount,
  type MayVote,
  mayVote,
  type Requester,
  rolesOf,
  votingHuman,
} from './decide/people.ts';
export type { Question } from './decide/question.ts';
export { countedFor, type Human, requirementMet } from './decide/requirement.ts';
export { rulesReaching } from './decide/rules-reaching.ts';
export { tokenDomains } from './decide/token-domains.ts';
export { type PolicyFileOptions, parsePolicyFile } from './file/parse-policy-file.ts';
export { PolicyFileError, type Problem, problemLine } from './file/report.ts';
export * from './identity.ts';
export * from './policy.ts';
export { type ColumnsByConnection, reviewNames } from './review/names.ts';
export { hiddenColumns, isFreeOfHidden, maskedTables, possibleActions } from './review/protection.ts';
export { reviewPolicy } from './review/review-policy.ts';
export { reviewToken, type TokenHolder } from './review/token.ts';
export { reviewWalls } from './review/wall.ts';
