export default async function tearDown() {
  await globalThis.countersignPostgres?.stop();
}
