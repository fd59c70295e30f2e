// What the build and the tests share, so that what is tested is what is built.
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));

/**
 * `age-encryption` also knows identities of other kinds than X25519 (post-quantum, tags on NIST curves). escrowd has
 * none of them, and their arithmetic would be a third of the page.
 */
export const alias = {
  "@noble/post-quantum/hybrid.js": join(here, "src/absent.ts"),
  "@noble/curves/nist.js": join(here, "src/absent.ts"),
};
