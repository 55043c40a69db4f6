/** What the grammars share: the world's tables as they see them, and where in a statement they are. */
import type { Choices } from './choices.ts';

export type Kind = 'int' | 'num' | 'text' | 'bool' | 'date' | 'time' | 'json' | 'texts' | 'other';

export interface Column {
  readonly name: string;
  readonly kind: Kind;
}

/** A table or alias that expressions may name. */
export interface Source {
  readonly alias: string;
  readonly columns: readonly Column[];
  /** Whether it is a stored relation, with a row type and system columns. */
  readonly stored: boolean;
}

/** A name of WITH. */
export interface Common {
  readonly name: string;
  readonly columns: readonly Column[];
}

/** A statement in the making. */
export interface Making {
  readonly choices: Choices;
  readonly major: number;
  /** Whether what a user made may be called at all. */
  readonly mayBeWild: boolean;
  /** Set as soon as something is drawn that may call what a user made. */
  wild: boolean;
  /** Names given so far, so that each is new. */
  names: number;
  /** Levels of queries within queries that may still be opened. */
  depth: number;
}

export interface Place {
  readonly sources: readonly Source[];
  readonly common: readonly Common[];
  /** False where aggregates may not stand. */
  readonly aggregates: boolean;
}

const columns = (text: string): Column[] =>
  text.split(' ').map((pair) => {
    const [name = '', kind = 'other'] = pair.split(':');
    return { name, kind: kind as Kind };
  });

export interface Table {
  /** As it may be written: bare where the search path finds it. */
  readonly name: string;
  readonly columns: readonly Column[];
  /** Whether reading it calls what a user made. */
  readonly wild?: boolean;
  readonly view?: boolean;
}

export const people = columns(
  'id:int name:text email:text born:date salary:num feels:other home:other tags:texts doc:json active:bool seen:time rank:int',
);
const orders = columns('id:int person_id:int total:num status:text note:text placed:time');

/** What may be read. */
export const tables: readonly Table[] = [
  { name: 'orders', columns: orders },
  { name: 'people', columns: people },
  { name: 'items', columns: columns('order_id:int sku:text qty:int price:num info:other') },
  { name: 'app.people', columns: people },
  { name: 'world.app.orders', columns: orders },
  { name: 'public.orders', columns: columns('id:int person_id:int hidden:num note:text') },
  {
    name: 'depots',
    columns: columns('id:int place:text code:text open:other uid:other raw:other span:other'),
  },
  { name: 'events', columns: columns('at:date kind:text body:text level:int') },
  { name: 'events_rest', columns: columns('level:int body:text kind:text at:date') },
  { name: 'animals', columns: columns('id:int name:text legs:int') },
  { name: 'dogs', columns: columns('id:int name:text legs:int breed:text') },
  { name: 'numbered', columns: columns('id:int gid:int label:text') },
  { name: 'v_people', columns: columns('id:int name:text mail:text twice:num'), view: true },
  { name: 'v_orders', columns: columns('id:int total:num name:text email:text'), view: true },
  { name: 'app.v_sums', columns: columns('owner:text n:int total:num'), view: true },
  { name: 'v_deep', columns: columns('who:text total:num'), view: true },
  { name: 'v_caller', columns: columns('id:int sku:text qty:int'), view: true },
  { name: 'm_sums', columns: columns('person_id:int total:num') },
  { name: 'ledger', columns: columns('id:int owner:text amount:num') },
  { name: 'notes', columns: columns('id:int owner:text body:text'), wild: true },
  { name: 'v_told', columns: columns('id:int name:text'), wild: true, view: true },
  { name: 'pg_catalog.pg_am', columns: columns('oid:other amname:other') },
  { name: 'pg_class', columns: columns('oid:other relname:other relkind:other reltuples:other') },
  { name: 'pg_catalog.pg_namespace', columns: columns('oid:other nspname:other') },
  { name: 'information_schema.schemata', columns: columns('schema_name:other'), view: true },
];

/** What may be written. */
export const targets: readonly Table[] = [
  { name: 'orders', columns: orders },
  { name: 'people', columns: people.filter(({ name }) => name !== 'rank') },
  { name: 'items', columns: columns('order_id:int sku:text qty:int price:num') },
  { name: 'audited', columns: columns('id:int label:text n:int') },
  { name: 'ruled', columns: columns('id:int label:text') },
  { name: 'events', columns: columns('at:date kind:text body:text level:int') },
  { name: 'animals', columns: columns('id:int name:text legs:int') },
  { name: 'stamped', columns: columns('id:int at:text told:text') },
  { name: 'numbered', columns: columns('id:int label:text') },
  { name: 'drawn', columns: columns('id:int label:text') },
  { name: 'v_plain', columns: columns('id:int l:text') },
  { name: 'v_write', columns: columns('id:int total:num status:text') },
  { name: 'v_placed', columns: columns('id:int label:text') },
  { name: 'public.orders', columns: columns('id:int person_id:int hidden:num note:text') },
  { name: 'ledger', columns: columns('id:int owner:text amount:num') },
];

export function freshName(making: Making, prefix = 't'): string {
  making.names += 1;
  return `${prefix}${making.names}`;
}
