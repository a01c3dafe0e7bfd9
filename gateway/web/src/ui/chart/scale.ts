/** The size of the plot in units of its own: the browser stretches it to the room there is. */
export const [WIDTH, HEIGHT] = [1_000, 100];

/** The points from which on a line is drawn: bars would be thinner than the gaps between them. */
const LINE_FROM = 80;

/** The widest that a bar is drawn, so that a single one does not fill the plot. */
const WIDEST_BAR = 64;

const STEPS = [1, 2, 2.5, 5, 10];

/**
 * Returns the values of the lines across the plot, from 0 up to the highest value at least. What lies between them
 * is a round number, and a multiple of the least that there can be: half a view is none.
 */
export function ticksUpTo(highest: number, least: number): number[] {
  if (highest === 0) return [0, 1];
  const rough = Math.max(highest, least) / 4;
  const power = 10 ** Math.floor(Math.log10(rough));
  const isWhole = (step: number) => Math.abs(step / least - Math.round(step / least)) < 1e-6;
  const step = STEPS.map((factor) => factor * power).find((candidate) => candidate >= rough && isWhole(candidate)) ?? least;
  const count = Math.max(1, Math.ceil(highest / step - 1e-9));
  return Array.from({ length: count + 1 }, (_, index) => index * step);
}

/** Returns the positions of the points that have a label below them: at most some, and evenly spread. */
export function labelled(count: number, most: number): number[] {
  const step = Math.max(1, Math.ceil(count / most));
  return Array.from({ length: Math.ceil(count / step) }, (_, index) => index * step);
}

/** Returns how far along the plot the middle of a point is, from 0 to 1. */
export function middleOf(index: number, count: number): number {
  return (index + 0.5) / count;
}

/** Returns the point at some part of the plot's width. */
export function pointAt(part: number, count: number): number {
  return Math.min(count - 1, Math.max(0, Math.floor(part * count)));
}

export interface Drawing {
  kind: 'bars' | 'line';
  /** The path of all points: one element, however many they are. */
  path: string;
}

/** Draws values from 0 to `top`. */
export function draw(values: readonly number[], top: number): Drawing {
  const heightOf = (value: number) => (HEIGHT * value) / top;
  const x = (index: number) => WIDTH * middleOf(index, values.length);
  if (values.length >= LINE_FROM) {
    const corners = values.map((value, index) => `${x(index).toFixed(2)} ${(HEIGHT - heightOf(value)).toFixed(2)}`);
    return { kind: 'line', path: `M${corners.join('L')}` };
  }
  const width = Math.min(WIDEST_BAR, (0.72 * WIDTH) / values.length);
  // Little is not nothing: it is seen as a line at least.
  const bars = values.flatMap((value, index) =>
    value > 0 ? `M${(x(index) - width / 2).toFixed(2)} ${HEIGHT}v-${Math.max(1, heightOf(value)).toFixed(2)}h${width.toFixed(2)}V${HEIGHT}z` : [],
  );
  return { kind: 'bars', path: bars.join('') };
}

interface Plan {
  ticks: number[];
  /** The value at the upper edge. */
  top: number;
  /** Which point is the highest. */
  highest: number;
  drawing: Drawing;
}

/** Plans the chart of some values. */
export function plan(values: readonly number[], least: number): Plan {
  const highest = values.reduce((best, value, index) => (value > (values[best] ?? 0) ? index : best), 0);
  const ticks = ticksUpTo(values[highest] ?? 0, least);
  const top = ticks.at(-1) ?? 1;
  return { ticks, top, highest, drawing: draw(values, top) };
}
