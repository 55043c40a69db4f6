/** Looks at targets before anybody agreed: whose turn it is at a connection, and how many a principal had of late. */
export const looks = `
create table look_turns (
  connection text primary key,
  -- the gateway that looks, and until when it alone may, should it be gone
  instance text not null,
  leased_until timestamptz not null
);

create table looks (
  principal text primary key,
  -- the first of the looks that count together
  since timestamptz not null,
  looks integer not null
);
`;
