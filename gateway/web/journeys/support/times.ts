/** Whether times are held to the bounds of an idle machine: where that is asked for. Beside other journeys bounds are wider. */
export const IS_TIMED = process.env['JOURNEYS_TIMES'] === '1';

/** Milliseconds of the longest task of a page that does not freeze. */
export const LONGEST_TASK = IS_TIMED ? 200 : 600;
