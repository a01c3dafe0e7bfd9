/** The values of a prompt that are too long for an address: the tab keeps them on the way to the playground. */

const keyOf = (promptId: string) => `held-values:${promptId}`;

/** Keeps values in this tab. Where there is no room for them, the playground says that they are not there. */
export function holdValues(promptId: string, values: Record<string, string>): void {
  try {
    sessionStorage.setItem(keyOf(promptId), JSON.stringify(values));
  } catch {
    // Those of a run before must not be taken for these.
    sessionStorage.removeItem(keyOf(promptId));
  }
}

/** Returns the values that this tab keeps for a prompt. Another tab has none of them. */
export function heldValues(promptId: string): Record<string, string> | undefined {
  try {
    const values: unknown = JSON.parse(sessionStorage.getItem(keyOf(promptId)) ?? 'null');
    return isTextRecord(values) ? values : undefined;
  } catch {
    return undefined;
  }
}

export function isTextRecord(value: unknown): value is Record<string, string> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && Object.values(value).every((item) => typeof item === 'string');
}
