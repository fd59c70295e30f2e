// Stands for arithmetic that the page never calls: see bundling.mjs.
export const MLKEM768P256 = null;
export const MLKEM768X25519 = null;
export const p256 = null;
