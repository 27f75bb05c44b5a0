/** What a call that must fail fails with. @throws Error if it succeeds. */
export async function thrownBy(call: Promise<unknown>): Promise<Error> {
  let value: unknown;
  try {
    value = await call;
  } catch (thrown) {
    if (thrown instanceof Error) return thrown;
    throw new Error('something that is no Error was thrown', { cause: thrown });
  }
  throw new Error(`the call did not fail but gave ${JSON.stringify(value)}`);
}
