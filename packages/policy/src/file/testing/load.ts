/** For tests: loads a text as a policy file, or tells its problems. */
import type { LoadedFile } from '../../policy.ts';
import { parsePolicyFile } from '../parse-policy-file.ts';
import { PolicyFileError } from '../report.ts';

export const env = {
  SHOP_DB_URL: 'postgres://reader:hunter2@db/shop',
  TOKEN: 'tok-hunter2',
  PASSWORD: 'hunter2',
  KUBECONFIG: '/etc/kube',
};

export function load(text: string): LoadedFile {
  return parsePolicyFile(text, { file: 'countersign.yaml', env, directory: '/srv/app' });
}

/** The lines of the error that a file gives; none for a file without problems. */
export function problemsOf(text: string): readonly string[] {
  try {
    load(text);
    return [];
  } catch (error) {
    if (error instanceof PolicyFileError && error.code === 'config_invalid') return error.message.split('\n');
    throw error;
  }
}

export const shop =
  'connections:\n  shop-db: { protocol: postgres, url: "${SHOP_DB_URL}", labels: { env: production } }\n';
export const people = 'people:\n  dana: { groups: [dba], accounts: ["local:dana"] }\n';
export const base = `version: 1\n${people}${shop}`;
