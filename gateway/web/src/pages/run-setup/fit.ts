import { variablesOf } from '../../text/placeholders';
import { namesUsed, type AssertionDraft } from '../../evaluation/assertions';

/** How the columns of a data set fit what is run over it. */
export interface Fit {
  /** Placeholders that must have a value, and have no column. */
  missing: string[];
  /** Columns that nothing uses: the server takes them for misspelt ones. */
  unused: string[];
}

/** Compares the columns of a data set with the placeholders of the prompts and of the assertions. */
export function fitOf(columns: readonly string[], prompts: readonly string[], drafts: readonly AssertionDraft[]): Fit {
  const needed = prompts.flatMap((prompt) => variablesOf(prompt));
  const used = new Set([...needed.map((variable) => variable.name), ...drafts.flatMap(namesUsed)]);
  const missing = needed.filter((variable) => variable.isRequired && !columns.includes(variable.name)).map((variable) => variable.name);
  return { missing: [...new Set(missing)], unused: columns.filter((name) => !used.has(name)) };
}
