/** Skips a test or a suite, and says why. */
export function skip(test: Mocha.Context, reason: string): never {
  console.log(`      skipped: ${reason}`);
  return test.skip();
}

/** The same for want of a program: with CI=true that is a failure. */
export function skipOutsideCi(test: Mocha.Context, reason: string): never {
  if (process.env['CI'] === 'true') throw new Error(reason);
  return skip(test, reason);
}
