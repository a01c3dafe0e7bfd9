export interface HighlightPart {
  text: string;
  isMarked: boolean;
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&amp;': '&',
  '&lt;': '<',
  '&gt;': '>',
  '&quot;': '"',
  '&#39;': "'",
  '&#x27;': "'",
};

function unescape(text: string): string {
  return text.replace(/&(?:amp|lt|gt|quot|#39|#x27);/g, (entity) => ENTITIES[entity] ?? entity);
}

/**
 * Reads the `highlight` of a search hit: escaped text in which `<mark>` is the only markup. It becomes text
 * and marks here, and never HTML, so whatever else stands in it stays text.
 */
export function readHighlight(highlight: string): HighlightPart[] {
  const parts: HighlightPart[] = [];
  let isMarked = false;
  for (const piece of highlight.split(/(<\/?mark>)/)) {
    if (piece === '<mark>') isMarked = true;
    else if (piece === '</mark>') isMarked = false;
    else if (piece !== '') parts.push({ text: unescape(piece), isMarked });
  }
  return parts;
}
