/**
 * Cuts a catalog down to what the unit tests use:
 *
 *     psql -XAt -d shop -f catalog.sql | node make-fixture.js ../src/testing/generated/shop-catalog-18.json
 *
 * where the database holds src/testing/shop.sql and catalog.sql is what `catalogQuery` gives.
 */
import { readFileSync, writeFileSync } from 'node:fs';

const kept = new Set(
  'pg_class pg_attribute pg_namespace pg_authid pg_roles pg_shadow pg_stats pg_stat_activity pg_settings tables columns'.split(
    ' ',
  ),
);
const catalog = JSON.parse(readFileSync(0, 'utf8'));
catalog.relations = catalog.relations.filter(([oid, , name]) => Number(oid) >= 16_384 || kept.has(name));
// What CASCADE reaches is tested against a server.
delete catalog.dependents;
const lines = Object.entries(catalog).map(([key, value]) =>
  Array.isArray(value) && Array.isArray(value[0])
    ? `${JSON.stringify(key)}: [\n${value.map((row) => JSON.stringify(row)).join(',\n')}\n]`
    : `${JSON.stringify(key)}: ${JSON.stringify(value)}`,
);
writeFileSync(process.argv[2], `{\n${lines.join(',\n')}\n}\n`);
