/** @type {import('jest').Config} */
export default {
  testMatch: ['<rootDir>/{packages,examples,test}/**/*.test.ts'],
  modulePathIgnorePatterns: ['<rootDir>/.*/dist/'],
  extensionsToTreatAsEsm: ['.ts'],
  globalSetup: '<rootDir>/test/support/global-setup.js',
  globalTeardown: '<rootDir>/test/support/global-teardown.js',
  transform: { '\\.ts$': '<rootDir>/test/support/strip-types.js' },
  moduleNameMapper: { '^@electric-sql/pglite$': '<rootDir>/test/support/pglite.js' },
  testEnvironmentOptions: { customExportConditions: ['@countersign/source', 'node', 'node-addons'] },
  maxWorkers: '100%',
  // Modules of a finished file are never let go of. A worker that holds much spends its time on collecting garbage.
  workerIdleMemoryLimit: '1GB',
  testTimeout: 60_000,
};
