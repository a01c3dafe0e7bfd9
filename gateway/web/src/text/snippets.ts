/** Ways to use a prompt from outside: commands and code, with the values filled in. */

import type { Values } from './placeholders';

/** Quotes a text for a POSIX shell: nothing in it is expanded. */
function shellQuote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

/** Writes a text as a literal of JSON, which JavaScript and Python read the same. */
function literal(value: unknown): string {
  // U+2028 and U+2029 are line breaks to older readers of JavaScript.
  return JSON.stringify(value, undefined, 2).replaceAll('\u2028', '\\u2028').replaceAll('\u2029', '\\u2029');
}

export interface Snippet {
  name: 'curl' | 'shell' | 'javascript' | 'python';
  code: string;
}

/** Makes the snippets of a prompt. A missing value appears empty, for the reader to fill in. */
export function snippetsOf(origin: string, id: string, version: number | undefined, values: Values): Snippet[] {
  const url = `${origin}/prompts/${id}/render`;
  const body = { variables: values, ...(version !== undefined && { version }) };
  const curl = `curl -s ${shellQuote(url)} \\\n  -H 'Content-Type: application/json' \\\n  -d ${shellQuote(literal(body))}`;
  return [
    { name: 'curl', code: curl },
    { name: 'shell', code: `${curl} |\n  jq -r .content | llm` },
    {
      name: 'javascript',
      code: [
        `const response = await fetch(${literal(url)}, {`,
        `  method: 'POST',`,
        `  headers: { 'Content-Type': 'application/json' },`,
        `  body: JSON.stringify(${literal(body).replaceAll('\n', '\n  ')}),`,
        `});`,
        `const { content } = await response.json();`,
      ].join('\n'),
    },
    {
      name: 'python',
      code: [
        `import requests`,
        ``,
        `response = requests.post(`,
        `    ${literal(url)},`,
        `    json=${literal(body).replaceAll('\n', '\n    ')},`,
        `)`,
        `response.raise_for_status()`,
        `content = response.json()["content"]`,
      ].join('\n'),
    },
  ];
}

/** A tool that takes a prompt in its address. */
export interface Tool {
  name: string;
  /** The address without the prompt. */
  home: string;
  parameter: string;
}

export const TOOLS: readonly Tool[] = [
  { name: 'ChatGPT', home: 'https://chatgpt.com/', parameter: 'q' },
  { name: 'Claude', home: 'https://claude.ai/new', parameter: 'q' },
  { name: 'Perplexity', home: 'https://www.perplexity.ai/search', parameter: 'q' },
  { name: 'Mistral', home: 'https://chat.mistral.ai/chat', parameter: 'q' },
];

/** The characters of an address that tools and proxies before them take; longer ones are cut or refused. */
const MAX_ADDRESS = 7_500;

/** Returns the address that opens a tool with a prompt, or undefined when the prompt is too long for one. */
export function handOverAddress(tool: Tool, prompt: string): string | undefined {
  // A lone half of a surrogate pair has no place in an address.
  const address = `${tool.home}?${tool.parameter}=${encodeURIComponent(prompt.toWellFormed())}`;
  return address.length > MAX_ADDRESS ? undefined : address;
}
