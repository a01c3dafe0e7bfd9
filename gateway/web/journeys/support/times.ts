/**
 * Whether times are held to their bounds: only where that is asked for, on an idle machine. A busy one fails no journey.
 */
export const IS_TIMED = process.env['JOURNEYS_TIMES'] === '1';
