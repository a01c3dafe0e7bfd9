import type { AllWords } from '../translated';

export const chart: AllWords['chart'] = {
  asTable: 'Als Tabelle',
  point: (name, value) => `${name}: ${value}`,
  highest: (name, value) => `Höchster Wert: ${value}, ${name}`,
  nothing: 'Nichts in dieser Zeit',
};
