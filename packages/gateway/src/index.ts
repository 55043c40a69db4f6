export type { Masker } from './masking/masker.ts';
