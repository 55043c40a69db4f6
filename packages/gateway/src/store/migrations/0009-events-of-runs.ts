/** Finds what was recorded of a run beside its calls: parked, taken, finished. Calls' events are found by their call. */
export const eventsOfRuns = `
create index events_of_runs on events (run_id) where call_id is null and run_id is not null;
`;
