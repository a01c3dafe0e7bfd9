/** The characters up to which values travel in an address: longer ones are refused on the way. */
const MAX_LENGTH = 4_000;

/** Returns the values that go into an address: all, or none where they are too long for one. */
export function sharedValues(values: Record<string, string>): Record<string, string> | undefined {
  if (Object.keys(values).length === 0) return undefined;
  const isTooLong = Object.values(values).reduce((sum, value) => sum + value.length, 0) > MAX_LENGTH;
  return isTooLong || encodeURIComponent(JSON.stringify(values).toWellFormed()).length > MAX_LENGTH ? undefined : values;
}
