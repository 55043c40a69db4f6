/** `curl -fsS URL`. */
const response = await fetch(process.argv.at(-1) ?? '');
console.log(await response.text());
process.exitCode = response.ok ? 0 : 22;
