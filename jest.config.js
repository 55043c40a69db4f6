/** @type {import('jest').Config} */
export default {
  testMatch: ['<rootDir>/{packages,examples,test}/**/*.test.ts'],
  modulePathIgnorePatterns: ['<rootDir>/.*/dist/'],
  extensionsToTreatAsEsm: ['.ts'],
  transform: { '\\.ts$': '<rootDir>/test/support/strip-types.js' },
  testEnvironmentOptions: { customExportConditions: ['@countersign/source', 'node', 'node-addons'] },
  maxWorkers: '100%',
  testTimeout: 30_000,
};
