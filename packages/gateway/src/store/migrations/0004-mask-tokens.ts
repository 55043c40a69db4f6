/** Tokens whose values may be put back in a write of the same run. A value is encrypted under the run's key. */
export const maskTokens = `
create table mask_tokens (
  run_id text not null references runs (id),
  token text not null,
  domain text not null,
  value bytea not null,
  primary key (run_id, token)
);
`;
