/** Marks a call that runs and that its agent cancelled: the gateway that runs it may be another than was told so. */
export const cancelAsked = `
alter table calls add column cancel_asked_at timestamptz;
create index calls_cancel_asked on calls (owner_instance) where state = 'claimed' and cancel_asked_at is not null;
`;
