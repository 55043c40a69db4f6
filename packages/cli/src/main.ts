import { argv } from 'node:process';

export const main = argv;
