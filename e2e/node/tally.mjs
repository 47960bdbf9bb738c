// Counts checks, and says at once what failed; the scripts for the provider share it.
let passed = 0;
let failed = 0;

export const check = (what, good, detail = '') => {
  if (good) return void (passed += 1);
  failed += 1;
  console.log(`FAILED ${what}: ${String(typeof detail === 'string' ? detail : JSON.stringify(detail)).slice(0, 1200)}`);
};

export const equal = (what, actual, expected) =>
  check(what, JSON.stringify(actual) === JSON.stringify(expected), `got ${JSON.stringify(actual)}, expected ${JSON.stringify(expected)}`);

/** That a request is answered with this OAuth error. */
export const refused = async (what, promise, code) => {
  const error = await promise.then(() => null, (error) => error);
  equal(what, error?.error ?? error?.cause?.error ?? (error === null ? 'nothing' : `${error.code} ${error.message}`), code);
};

/** A part whose unexpected end is one failure and not the end of everything. */
export const part = async (what, work) => {
  const before = [passed, failed];
  const started = performance.now();
  try {
    await work();
  } catch (error) {
    check(what, false, `${error.stack} ${error.code ?? ''} ${JSON.stringify(error.cause ?? '')}`);
  }
  const took = ((performance.now() - started) / 1000).toFixed(1);
  console.log(`${what}: ${passed - before[0]} passed, ${failed - before[1]} failed (${took} s)`);
};

export const finish = () => {
  console.log(`total: ${passed} passed, ${failed} failed`);
  process.exit(failed ? 1 : 0);
};
