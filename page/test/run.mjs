// Bundles the tests and runs them under Node.js: `node test/run.mjs [NAME…]`, all of them without a name.
// `node test/run.mjs --serve` answers Python's tests instead (serve.ts).
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { alias } from "../bundling.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const wanted = process.argv.slice(2);
const serves = wanted[0] === "--serve";
const tests = serves ? ["serve.ts"] : readdirSync(here)
  .filter((name) => name.endsWith(".test.ts"))
  .filter((name) => wanted.length === 0 || wanted.some((part) => name.startsWith(part)));
const out = mkdtempSync(join(tmpdir(), "escrowd-page-"));
try {
  await build({
    absWorkingDir: dirname(here),
    entryPoints: tests.map((name) => join("test", name)),
    outdir: out,
    outExtension: { ".js": ".mjs" },
    bundle: true,
    alias,
    platform: "node",
    format: "esm",
    target: "node22",
    define: { ROOT: JSON.stringify(dirname(dirname(here))) },
    banner: { js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);' },
    logLevel: "warning",
  });
  const files = tests.map((name) => join(out, basename(name, ".ts") + ".mjs"));
  const options = serves ? [] : ["--test", "--test-reporter=dot"];
  const run = spawnSync(process.execPath, [...options, ...files], { stdio: "inherit" });
  process.exitCode = run.status ?? 1;
} finally {
  rmSync(out, { recursive: true, force: true });
}
