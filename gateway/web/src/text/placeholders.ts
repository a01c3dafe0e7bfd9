/**
 * Placeholders in prompts: the grammar of docs/TEMPLATES.md, as crates/template has it. Both read the
 * vectors of crates/template/vectors, so that a preview here is what the server renders. Positions are in
 * UTF-16 units. Every function takes time linear in its input.
 */

const OPEN = '{{';
const CLOSE = '}}';
const BEFORE_CODE = '=(';
const NO_CODE = '\\';

const LETTER = /[\p{Alphabetic}\p{N}]/u;
const MARK = /[\p{M}\u200c\u200d]/u;
const NAME_CHAR = /[\p{Alphabetic}\p{N}\p{M}_.-]|[\u200c\u200d]/u;
/** What may stand between the opening braces and the end of a name: name characters and spaces of any width. */
const NAME_WITH_PADDING = /(?:[\p{Alphabetic}\p{N}\p{M}_.\u0020\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000-]|[\u200c\u200d])*/uy;
const LINE_BREAKS = '\n\r\v\f\u0085\u2028\u2029';
const WHITE_SPACE = /\p{White_Space}/u;

/** A part of a template. */
export type Token =
  | { kind: 'text'; text: string }
  /** Braces at `at`, inside the next text, that a backslash made text. */
  | { kind: 'escape'; at: number }
  | { kind: 'placeholder'; name: string; default: string | undefined; at: number; length: number };

export type PlaceholderToken = Extract<Token, { kind: 'placeholder' }>;

/** Tells whether a character ends a line, and with it a possible default. */
export function isLineBreak(char: string): boolean {
  return LINE_BREAKS.includes(char);
}

/** Tells whether a character can stand in a name, spaces aside. */
export function isNameChar(char: string): boolean {
  return NAME_CHAR.test(char);
}

/** Tells whether a text is a name of a placeholder. */
export function isName(text: string): boolean {
  let previous = ' ';
  let hasWord = false;
  for (const char of text) {
    const needsNoSpaceBefore = char === ' ' || MARK.test(char);
    if (needsNoSpaceBefore ? previous === ' ' : !NAME_CHAR.test(char)) return false;
    hasWord ||= char === '_' || LETTER.test(char);
    previous = char;
  }
  return hasWord && previous !== ' ';
}

/** Removes white space as Unicode has it: `String.trim` takes a byte order mark for one, and U+0085 for none. */
export function trim(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && WHITE_SPACE.test(text.charAt(start))) start++;
  while (end > start && WHITE_SPACE.test(text.charAt(end - 1))) end--;
  return text.slice(start, end);
}

/**
 * Returns the length of the default at a position, up to the braces that close the placeholder: one line,
 * whose own braces are single and in pairs.
 */
function defaultLength(text: string, start: number): number | undefined {
  let depth = 0;
  for (let at = start; at < text.length; at++) {
    const char = text.charAt(at);
    if (char === '{') {
      if (text.charAt(at + 1) === '{') return undefined;
      depth++;
    } else if (char === '}') {
      if (depth === 0) return text.charAt(at + 1) === '}' ? at - start : undefined;
      depth--;
    } else if (isLineBreak(char)) return undefined;
  }
  return undefined;
}

/** Returns the placeholder whose braces open at a position, if one does. */
function placeholderAt(template: string, open: number): PlaceholderToken | undefined {
  NAME_WITH_PADDING.lastIndex = open + OPEN.length;
  NAME_WITH_PADDING.exec(template);
  const nameEnd = NAME_WITH_PADDING.lastIndex;
  const name = trim(template.slice(open + OPEN.length, nameEnd));
  if (!isName(name)) return undefined;
  let end = nameEnd;
  let value: string | undefined;
  if (template.charAt(nameEnd) === ':') {
    const length = defaultLength(template, nameEnd + 1);
    if (length === undefined) return undefined;
    end = nameEnd + 1 + length;
    value = trim(template.slice(nameEnd + 1, end));
    if (open > 0 && BEFORE_CODE.includes(template.charAt(open - 1))) {
      if (!value.startsWith(NO_CODE)) return undefined;
      value = value.slice(NO_CODE.length);
    }
  }
  if (!template.startsWith(CLOSE, end)) return undefined;
  return { kind: 'placeholder', name, default: value, at: open, length: end + CLOSE.length - open };
}

/** Returns the number of backslashes right before a position, from `start` on. */
function slashesBefore(template: string, start: number, end: number): number {
  let count = 0;
  while (end - count > start && template.charAt(end - count - 1) === '\\') count++;
  return count;
}

/** Splits a template into texts, with escapes resolved, and placeholders. */
export function tokenize(template: string): Token[] {
  const tokens: Token[] = [];
  const pushText = (text: string) => {
    if (text !== '') tokens.push({ kind: 'text', text });
  };
  // Text that is not put away yet begins at `pending`.
  let pending = 0;
  let open = template.indexOf(OPEN);
  while (open !== -1) {
    let next = open + 1;
    const slashes = slashesBefore(template, pending, open);
    if (slashes > 0) {
      // Two stand for one; an odd one escapes the braces.
      pushText(template.slice(pending, open - Math.ceil(slashes / 2)));
      pending = open;
    }
    if (slashes % 2 === 1) {
      tokens.push({ kind: 'escape', at: open });
      next = open + OPEN.length;
    } else {
      const placeholder = placeholderAt(template, open);
      if (placeholder) {
        pushText(template.slice(pending, open));
        tokens.push(placeholder);
        next = open + placeholder.length;
        pending = next;
      }
    }
    open = template.indexOf(OPEN, next);
  }
  pushText(template.slice(pending));
  return tokens;
}

function placeholders(template: string): PlaceholderToken[] {
  return tokenize(template).filter((token) => token.kind === 'placeholder');
}

/** A name of a template, and its first default. */
export interface Variable {
  name: string;
  default: string | undefined;
  /** Whether some place of it has no default, so that a value must be given. */
  isRequired: boolean;
}

/** Returns the names of a template's placeholders, each once, in order of first use. */
export function variablesOf(template: string): Variable[] {
  const variables = new Map<string, Variable>();
  for (const { name, default: value } of placeholders(template)) {
    const known = variables.get(name);
    variables.set(name, {
      name,
      default: known?.default ?? value,
      isRequired: (known?.isRequired ?? false) || value === undefined,
    });
  }
  return [...variables.values()];
}

export type Values = Readonly<Record<string, string>>;

/** What is in the place of a placeholder: a value, its own default, or nothing yet. */
export type Part = { kind: 'text'; text: string } | { kind: 'value' | 'default' | 'missing'; name: string; text: string };

/** Fills in a template; a place without a value keeps its braces. Values are not searched for placeholders. */
export function fillIn(template: string, values: Values): Part[] {
  const parts: Part[] = [];
  for (const token of tokenize(template)) {
    if (token.kind === 'text') parts.push(token);
    if (token.kind !== 'placeholder') continue;
    const { name, default: value } = token;
    if (Object.hasOwn(values, name)) parts.push({ kind: 'value', name, text: values[name] ?? '' });
    else if (value !== undefined) parts.push({ kind: 'default', name, text: value });
    else parts.push({ kind: 'missing', name, text: template.slice(token.at, token.at + token.length) });
  }
  return parts;
}

/** Returns the text of a template that is filled in as far as the values go. */
export function fillInText(template: string, values: Values): string {
  return fillIn(template, values)
    .map((part) => part.text)
    .join('');
}

/** A template that was filled in, or every name that kept it from that, in alphabetical order. */
export type Rendered = { content: string } | { missing: string[]; unknown: string[] };

/** Fills in a template as the server does: a missing or an unknown name is an error. */
export function render(template: string, values: Values): Rendered {
  const parts = fillIn(template, values);
  const used = new Set(parts.flatMap((part) => (part.kind === 'text' ? [] : [part.name])));
  const missing = new Set(parts.flatMap((part) => (part.kind === 'missing' ? [part.name] : [])));
  const unknown = Object.keys(values).filter((name) => !used.has(name));
  if (missing.size === 0 && unknown.length === 0) return { content: parts.map((part) => part.text).join('') };
  return { missing: [...missing].toSorted(compareCodePoints), unknown: unknown.toSorted(compareCodePoints) };
}

/** Orders texts as the server does: by code points, where UTF-16 units would put some of them elsewhere. */
function compareCodePoints(a: string, b: string): number {
  const left = Array.from(a);
  const right = Array.from(b);
  for (const [index, char] of left.entries()) {
    const other = right[index];
    if (other === undefined) return 1;
    if (char !== other) return (char.codePointAt(0) ?? 0) - (other.codePointAt(0) ?? 0);
  }
  return left.length - right.length;
}
