// Builds escrowd/recovery/recover.html: one file, the same bytes from the same sources on every machine.
// `node build.mjs [--out FILE]`
import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { parse } from "smol-toml";
import { alias } from "./bundling.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const root = dirname(here);
const LIMIT = 300_000;

const texts = {
  name: "texts",
  setup(builder) {
    builder.onResolve({ filter: /^page:texts$/ }, () => ({ path: "texts", namespace: "texts" }));
    builder.onLoad({ filter: /.*/, namespace: "texts" }, () => {
      const book = (path) => parse(readFileSync(join(root, "escrowd/texts", path), "utf8"));
      // The printed list's own words are the page's words for the same things.
      const read = (language) => ({ ...book(`page/${language}.toml`), list: book(`${language}/list.toml`) });
      return { contents: JSON.stringify({ de: read("de"), en: read("en") }), loader: "json" };
    });
  },
};

const common = { bundle: true, write: false, minify: true, charset: "utf8", legalComments: "none" };

/** The program as one text, and the packages whose code is in it. */
async function script() {
  const result = await build({
    ...common,
    absWorkingDir: here,
    entryPoints: ["src/main.ts"],
    format: "iife",
    alias,
    target: ["es2022", "chrome109", "firefox115", "safari16"],
    plugins: [texts],
    metafile: true,
  });
  const packages = new Set();
  const bytes = Object.values(result.metafile.outputs)[0].inputs;
  for (const [path, input] of Object.entries(bytes)) {
    const name = /node_modules\/((?:@[^/]+\/)?[^/]+)\/(?!.*node_modules)/.exec(path);
    if (name && input.bytesInOutput > 0) packages.add(path.slice(0, path.lastIndexOf(name[1]) + name[1].length));
  }
  return { text: result.outputFiles[0].text.trim(), packages: [...packages].sort() };
}

async function style() {
  const result = await build({ ...common, absWorkingDir: here, entryPoints: ["style.css"] });
  return result.outputFiles[0].text.trim();
}

/** What the licences of the packages ask to be kept: each different text once. */
function notices(packages) {
  const byText = new Map();
  for (const path of packages) {
    const { name, version } = JSON.parse(readFileSync(join(here, path, "package.json"), "utf8"));
    const licence = readFileSync(join(here, path, "LICENSE"), "utf8").trim().replaceAll("\r\n", "\n");
    byText.set(licence, [...(byText.get(licence) ?? []), `${name} ${version}`]);
  }
  const parts = [...byText].map(([text, names]) => `${[...new Set(names)].join(", ")}\n\n${text}`);
  return parts.join("\n\n").replaceAll("--", "- -");
}

const hash = (text) => `'sha256-${createHash("sha256").update(text, "utf8").digest("base64")}'`;

/** `source` with each mark replaced once; a mark that is missing or there twice is an error. */
function fill(source, marks) {
  return Object.entries(marks).reduce((page, [mark, content]) => {
    const parts = page.split(`<!-- ${mark} -->`);
    if (parts.length !== 2) throw new Error(`index.html must hold <!-- ${mark} --> once`);
    return parts.join(content);
  }, source);
}

const program = await script();
const sheet = await style();
if (/<\/script|<!--/i.test(program.text)) throw new Error("the program would end its own element");
if (/<\//.test(sheet)) throw new Error("the style sheet would end its own element");
const policy = [
  "default-src 'none'",
  `script-src ${hash(program.text)}`,
  `style-src ${hash(sheet)}`,
  "img-src data: blob:",
  "form-action 'none'",
  "base-uri 'none'",
].join("; ");
const page = fill(readFileSync(join(here, "index.html"), "utf8"), {
  "build:policy": `<meta http-equiv="Content-Security-Policy" content="${policy}">`,
  "build:style": `<style>${sheet}</style>`,
  "build:script": `<script>${program.text}</script>`,
  "escrow-mappe": "<!-- escrow-mappe -->",
});
const result = `${page.trimEnd()}\n<!--\nThis page holds parts of:\n\n${notices(program.packages)}\n-->\n`;
const size = Buffer.byteLength(result);
if (size >= LIMIT) throw new Error(`${size} bytes: the page must stay below ${LIMIT}`);
const out = process.argv.indexOf("--out");
const target = out < 0 ? join(root, "escrowd/recovery/recover.html") : resolve(process.argv[out + 1]);
writeFileSync(target, result);
console.log(`${relative(process.cwd(), target)}: ${size} bytes`);
