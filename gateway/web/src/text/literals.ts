/** Text that looks like a placeholder and is none, as `literals` of a prompt lists it. */

import { isLineBreak, isName, isNameChar, tokenize, trim } from './placeholders';

const MAX_LITERALS = 50;
const MAX_LITERAL_CHARS = 100;
/** The characters with which defaults of shells begin: `${name:-value}`. */
const SHELL_DEFAULTS = '-=?+';

interface Brace {
  at: number;
  /** Whether a backslash comes before it. */
  isText: boolean;
}

interface Span {
  start: number;
  end: number;
}

/** Returns the texts of a template that somebody may take for placeholders, each once, in order. */
export function literalsOf(template: string): string[] {
  const found = new Set(spans(template).map(({ start, end }) => template.slice(start, end)));
  return [...found].slice(0, MAX_LITERALS).map(cut);
}

function cut(literal: string): string {
  const chars = Array.from(literal);
  return chars.length > MAX_LITERAL_CHARS ? `${chars.slice(0, MAX_LITERAL_CHARS).join('')}…` : literal;
}

/** Returns where the literals are: each pair of braces is looked at when it closes. */
function spans(template: string): Span[] {
  const scan = new Scan(template);
  let end = 0;
  for (const token of tokenize(template)) {
    if (token.kind === 'text') continue;
    scan.read(end, token.at);
    if (token.kind === 'placeholder') {
      end = token.at + token.length;
      // A text with a placeholder inside does not stay as it is.
      scan.opens.length = 0;
    } else {
      end = token.at + 2;
      scan.opens.push({ at: token.at, isText: true }, { at: token.at + 1, isText: true });
    }
  }
  scan.read(end, template.length);
  return scan.found;
}

class Scan {
  readonly opens: Brace[] = [];
  readonly found: Span[] = [];
  #line = 0;
  #double: number | undefined;

  constructor(readonly template: string) {}

  read(start: number, end: number): void {
    for (let at = start; at < end; at++) {
      const char = this.template.charAt(at);
      if (char === '{') {
        if (this.opens.at(-1)?.at === at - 1) this.#double = at - 1;
        this.opens.push({ at, isText: false });
      } else if (char === '}') {
        const open = this.opens.pop();
        if (open) this.#close(open, at + 1);
      } else if (isLineBreak(char)) this.#line = at;
    }
  }

  #close(open: Brace, end: number): void {
    const isDollar = open.at > 0 && this.template.charAt(open.at - 1) === '$' && this.#isDollar(open.at, end);
    const start = isDollar ? open.at - 1 : open.at;
    if (!isDollar && (open.isText || !this.#isDouble(start, end))) return;
    // An outer literal replaces those inside it.
    while ((this.found.at(-1)?.start ?? -1) > start) this.found.pop();
    this.found.push({ start, end });
  }

  /** Tells whether the text between the braces would be a placeholder's name, or name and default. */
  #isDollar(open: number, end: number): boolean {
    let nameEnd = open + 1;
    while (nameEnd < end - 1) {
      const char = String.fromCodePoint(this.template.codePointAt(nameEnd) ?? 0);
      if (char !== ' ' && !isNameChar(char)) break;
      nameEnd += char.length;
    }
    const rest = this.template.charAt(nameEnd);
    const isDefault =
      nameEnd === end - 1 ||
      (rest === ':' &&
        this.#line <= open &&
        (this.#double === undefined || this.#double <= open) &&
        (nameEnd + 1 === end - 1 || !SHELL_DEFAULTS.includes(this.template.charAt(nameEnd + 1))));
    return isDefault && isName(trim(this.template.slice(open + 1, nameEnd)));
  }

  #isDouble(start: number, end: number): boolean {
    return end - start >= 4 && this.template.startsWith('{{', start) && this.template.startsWith('}}', end - 2);
  }
}
