// Usage: node check.mjs PARSER FILE: prints what is wrong with an AsyncAPI file, a line each; exit 1 if anything is.
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";

const [parser, file] = process.argv.slice(2);
const { Parser } = createRequire(`${parser}/`)("@asyncapi/parser");
const { document, diagnostics } = await new Parser().parse(await readFile(file, "utf8"));
const faults = diagnostics.filter(({ severity }) => severity <= 1); // 0 error, 1 warning; 2 and 3 are advice
for (const { message, path, range } of faults) console.log(`${range.start.line + 1}: ${path.join(".")}: ${message}`);
process.exit(document === undefined || faults.length ? 1 : 0);
