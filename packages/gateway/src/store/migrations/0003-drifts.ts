/** Finds the executions of a run that were rolled back because their effect was other than shown. */
export const drifts = `
create index calls_drifted on calls (run_id) where code = 'effect_drift';
`;
