import { translated } from './translated';

/** The words of charts. */
export const chartWords = translated('chart', {
  asTable: 'As a table',
  point: (name: string, value: string) => `${name}: ${value}`,
  highest: (name: string, value: string) => `Highest: ${value}, ${name}`,
  nothing: 'Nothing in this time',
});
