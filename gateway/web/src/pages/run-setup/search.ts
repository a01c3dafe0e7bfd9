/** What an address says about a run that is set up. */
export interface SetupSearch {
  prompt?: string | undefined;
  /** The newest where neither is named. */
  version?: number | undefined;
  label?: string | undefined;
  /** The run that is run again. */
  from?: string | undefined;
}

const text = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined);

/** Reads the search of an address; what makes no sense is left out. */
export function readSetupSearch(search: Record<string, unknown>): SetupSearch {
  const version = search['version'];
  return {
    prompt: text(search['prompt']),
    version: typeof version === 'number' && Number.isInteger(version) && version > 0 ? version : undefined,
    label: text(search['label']),
    from: text(search['from']),
  };
}
